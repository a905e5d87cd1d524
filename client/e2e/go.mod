module github.com/identikit/identikit/client/e2e

go 1.25.0

require github.com/identikit/identikit/client v0.0.0

replace github.com/identikit/identikit/client => ../
