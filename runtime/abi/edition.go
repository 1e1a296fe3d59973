package abi

// Edition is the name of the constant that a package names which imports the runtime (generate: {runtime: import}), and has
// no copy of it: RunNngenCompile and the number of the edition. That is raised when a function, a type or a constant that
// generated code may name goes, becomes another (a test tells) or does something else (which nobody tells but who changes
// it). Copies need none: they come with their package.
const Edition = "RunNngenCompile4"

// RunNngenCompile4 is named by the packages that were compiled for this edition of the runtime. One that does not build
// for want of another number was compiled for another edition: run nngen compile for its spec, by the nngen of the
// module's go.mod.
const RunNngenCompile4 = true
