module github.com/identikit/identikit/client

go 1.25.0
