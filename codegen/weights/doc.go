// Package weights gives a network the weights that another framework trained.
//
// It is the second road of models into nngen, beside package onnx: the spec is there, and a file of named arrays comes
// along. The stages, each in a file of its own:
//
//	read.go      safetensors and npz to arrays, with every size checked before anything is allocated
//	modules.go   arrays with a common beginning of their names are a module
//	match.go     modules and layers are paired: as told, by name, by shape, by order
//	torch.go     a row for each kind of layer: how PyTorch keeps its parameters
//	keras.go     the same for Keras
//	sklearn.go   the perceptrons of scikit-learn
//	order.go     features that PyTorch counts channels first
//
// HDF5, in which Keras keeps its weights, is not read. The readers in pure Go that were looked at are scigolib/hdf5,
// robert-malhotra/go-hdf5 and umbra-hdf5, batchatco/go-native-netcdf (netCDF files alone) and CWBudde/go-hdf5: none
// could be had from the module proxy that this repository is built with, so none was measured against files of Keras,
// whose chunks, filters and old and new layouts of groups a reader must know. The spec of a .keras file comes from its
// JSON, and one line of Python writes its weights as npz: SaveKeras.
//
// A pair is one only if every array of the module has its place in the layer and every parameter of the layer its
// array; what is left over on either side is an error, and so is a choice between two pairs.
package weights
