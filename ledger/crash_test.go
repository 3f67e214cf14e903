package ledger

const crashDSN = "LEDGER_CRASH_DSN"

func crashChild() {}
