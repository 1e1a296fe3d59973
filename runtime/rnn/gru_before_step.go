package rnn

// GRUBeforeStep moves a gated recurrent unit whose reset gate acts before the product on by one step of one sequence, as
