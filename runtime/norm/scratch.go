package norm

import "sync"

// rows lends scratch rows.
var rows = sync.Pool{New: func() any { return new([]float32) }}
