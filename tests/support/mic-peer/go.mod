module mic-peer

go 1.19
