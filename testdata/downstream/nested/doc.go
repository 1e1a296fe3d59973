// Package repo is the root of a repository.
package repo
