package emit

func (net *Network) emitModelTest(f *file) {}
func (net *Network) emitTrainTest(f *file) {}
func sparsePattern(p any) string           { return "" }
