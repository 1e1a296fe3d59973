package bundle

import (
	"sync"
	"weak"
)

// cache keeps values by keys as long as something else holds them, and beyond that until memory is collected: of a
// compilation that has much to do after the copy, they would be a good part of what it takes.
type cache[K comparable, V any] struct{ values sync.Map }

// get returns the value of a key; nil for none.
func (c *cache[K, V]) get(key K) *V {
	if p, ok := c.values.Load(key); ok {
		return p.(weak.Pointer[V]).Value()
	}
	return nil
}

// put keeps a value, in the place of one that the key has.
func (c *cache[K, V]) put(key K, v *V) { c.values.Store(key, weak.Make(v)) }
