package runtime

import "embed"

// Source holds the source of the packages below this folder, from which generated packages get
// their copies.
//
//go:embed */*.go */*.s */*/*.go
var Source embed.FS
