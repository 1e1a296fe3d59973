package emit

import (
	"fmt"

	"github.com/dave/jennifer/jen"
)

// emitPicture writes what turns a picture into the input of a network that is trained on pictures:
//
//	func EncodeImage(img image.Image, x *[InputSize]float32) error {
//		return picture.Encode(x[:], img, 32, 32, 3)
//	}
func (net *Network) emitPicture(f *file) {
	for i, p := range net.Inputs {
		if !p.Picture {
			continue
		}
		encode, height, width, channels := "Encode", p.Shape[0], p.Shape[1], p.Shape[2]
		if p.ChannelsFirst {
			encode, channels, height, width = "EncodePlanes", p.Shape[0], p.Shape[1], p.Shape[2]
		}
		what := map[int]string{1: "brightness", 3: "red, green and blue", 4: "red, green, blue and alpha"}[channels]
		f.function(fmt.Sprintf("EncodeImage fills x with the pixels of a picture, resized to %d×%d, as nngen reads it "+
			"from a file: %s, from 0 to 255. "+
			"It is an error if the picture has no pixels, or more than 65,536 on a side.", height, width, what),
			function{name: "EncodeImage", params: []field{vars(f.qual("image", "Image"), "img"),
				vars(pointer(net.inSize(i)), "x")},
				results: []field{vars(jen.Error())}, origin: p.origin()},
			jen.Return(f.qual("picture", encode).Call(all("x"), jen.Id("img"), jen.Lit(height),
				jen.Lit(width), jen.Lit(channels))))
	}
}
