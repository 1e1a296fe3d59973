module example.com/app

go 1.24

require example.com/nets v0.0.0

replace example.com/nets => ../nets
