package loonaangifte

import "loket-etl/payroll"

// The tables below are in the order of the schema.

var relationFields = []field[payroll.TaxPerson]{
	number("NumIV", 9999, func(p *payroll.TaxPerson) *int { return &p.NumIV }),
	date("DatAanv", func(p *payroll.TaxPerson) *payroll.Date { return &p.Begin }),
	opt(date("DatEind", func(p *payroll.TaxPerson) *payroll.Date { return &p.End })),
	opt(code("CdRdnEindArbov", "01 03 04 05 06 20 21 30 32 33 34 40 41 50 51 90 91 92 99", func(p *payroll.TaxPerson) *string { return &p.EndReason })),
	opt(text("PersNr", 1, 35, func(p *payroll.TaxPerson) *string { return &p.PersNr })),
}

var personFields = []field[payroll.TaxPerson]{
	bsn("SofiNr", func(p *payroll.TaxPerson) *payroll.BSN { return &p.BSN }),
	opt(text("Voorl", 1, 6, func(p *payroll.TaxPerson) *string { return &p.Initials })),
	opt(text("Voorv", 0, 10, func(p *payroll.TaxPerson) *string { return &p.Prefix })),
	opt(text("SignNm", 0, 200, func(p *payroll.TaxPerson) *string { return &p.LastName })),
	opt(date("Gebdat", func(p *payroll.TaxPerson) *payroll.Date { return &p.BirthDate })),
	opt(pattern("Nat", fourDigits, "a code of at most four digits", func(p *payroll.TaxPerson) *string { return &p.Nationality })),
	opt(code("Gesl", "0 1 2 9", func(p *payroll.TaxPerson) *string { return &p.Gender })),
}

var domesticFields = []field[payroll.TaxAddress]{
	text("Str", 1, 24, func(a *payroll.TaxAddress) *string { return &a.Street }),
	opt(pattern("HuisNr", houseNr, "a number of at most five digits", func(a *payroll.TaxAddress) *string { return &a.Number })),
	opt(text("HuisNrToev", 0, 4, func(a *payroll.TaxAddress) *string { return &a.Addition })),
	opt(text("LocOms", 0, 35, func(a *payroll.TaxAddress) *string { return &a.Location })),
	pattern("Pc", postcode, "a Dutch postcode without a space", func(a *payroll.TaxAddress) *string { return &a.Postcode }),
	text("Woonpl", 1, 24, func(a *payroll.TaxAddress) *string { return &a.City }),
}

var foreignFields = []field[payroll.TaxAddress]{
	text("Str", 1, 24, func(a *payroll.TaxAddress) *string { return &a.Street }),
	opt(text("HuisNr", 0, 9, func(a *payroll.TaxAddress) *string { return &a.Number })),
	opt(text("LocOms", 0, 35, func(a *payroll.TaxAddress) *string { return &a.Location })),
	opt(text("Pc", 0, 9, func(a *payroll.TaxAddress) *string { return &a.Postcode })),
	text("Woonpl", 1, 24, func(a *payroll.TaxAddress) *string { return &a.City }),
	opt(text("Reg", 0, 24, func(a *payroll.TaxAddress) *string { return &a.Region })),
	pattern("LandCd", country, "a country code of two letters", func(a *payroll.TaxAddress) *string { return &a.Country }),
}

const taxTables = `010 011 012 013 014 015 020 021 022 023 024 025 210 220 221 224 225 226 227 228 250
	310 311 312 313 314 315 320 321 322 323 324 325 510 511 512 513 514 515 520 521 522 523 524 525
	610 611 612 613 614 615 620 621 622 623 624 625 710 711 712 713 714 715 720 721 722 723 724 725 940 950 999`

var stretchFields = []field[payroll.IncomeStretch]{
	date("DatAanv", func(s *payroll.IncomeStretch) *payroll.Date { return &s.Begin }),
	code("SrtIV", "11 13 15 17 18 22 23 24 31 32 33 34 36 37 38 39 40 42 43 45 46 50 52 53 55 56 57 58 59 60 61 62 63", func(s *payroll.IncomeStretch) *string { return &s.SrtIV }),
	opt(code("CdAard", "1 4 6 7 11 18 21 22 23 24 79 81 82 83", func(s *payroll.IncomeStretch) *string { return &s.CdAard })),
	opt(code("CdInvlVpl", "A B D E", func(s *payroll.IncomeStretch) *string { return &s.CdInvlVpl })),
	opt(code("FsIndFZ", "1 3 4 5 6 17 18 19 38 40 41 43", func(s *payroll.IncomeStretch) *string { return &s.FsIndFZ })),
	opt(pattern("CAO", fourDigits, "a code of at most four digits", func(s *payroll.IncomeStretch) *string { return &s.CAO })),
	opt(pattern("CdCaoInl", fourDigits, "a code of at most four digits", func(s *payroll.IncomeStretch) *string { return &s.CdCaoInl })),
	opt(code("IndArbovOnbepTd", "J N", func(s *payroll.IncomeStretch) *string { return &s.IndArbovOnbepTd })),
	opt(code("IndSchriftArbov", "J N", func(s *payroll.IncomeStretch) *string { return &s.IndSchriftArbov })),
	opt(code("IndOprov", "J N", func(s *payroll.IncomeStretch) *string { return &s.IndOprov })),
	opt(code("IndJrurennrm", "J", func(s *payroll.IncomeStretch) *string { return &s.IndJrurennrm })),
	opt(code("IndPubAanOnbepTd", "J N", func(s *payroll.IncomeStretch) *string { return &s.IndPubAanOnbepTd })),
	opt(code("IndAvrLkvOudrWn", "J N", func(s *payroll.IncomeStretch) *string { return &s.IndAvrLkvOudrWn })),
	opt(code("IndAvrLkvAgWn", "J N", func(s *payroll.IncomeStretch) *string { return &s.IndAvrLkvAgWn })),
	opt(code("IndAvrLkvDgBaf", "J N", func(s *payroll.IncomeStretch) *string { return &s.IndAvrLkvDgBaf })),
	opt(code("IndAvrLkvHpAgWn", "J N", func(s *payroll.IncomeStretch) *string { return &s.IndAvrLkvHpAgWn })),
	code("IndLhKort", "J N", func(s *payroll.IncomeStretch) *string { return &s.IndLhKort }),
	opt(code("CdRdnGnBijt", "1 2 3 5 7", func(s *payroll.IncomeStretch) *string { return &s.CdRdnGnBijt })),
	code("LbTab", taxTables, func(s *payroll.IncomeStretch) *string { return &s.LbTab }),
	code("IndWAO", "J N", func(s *payroll.IncomeStretch) *string { return &s.IndWAO }),
	code("IndWW", "J N", func(s *payroll.IncomeStretch) *string { return &s.IndWW }),
	code("IndZW", "J N", func(s *payroll.IncomeStretch) *string { return &s.IndZW }),
	opt(code("IndWgldOudRegl", "J N", func(s *payroll.IncomeStretch) *string { return &s.IndWgldOudRegl })),
	code("CdZvw", "A B G H I K L M N", func(s *payroll.IncomeStretch) *string { return &s.CdZvw }),
	opt(code("IndDeelnTijdspf", "J N", func(s *payroll.IncomeStretch) *string { return &s.IndDeelnTijdspf })),
	opt(code("IndSA71", "J N", func(s *payroll.IncomeStretch) *string { return &s.IndSA71 })),
	opt(code("IndSA72", "J N", func(s *payroll.IncomeStretch) *string { return &s.IndSA72 })),
	opt(code("IndSA03", "J N", func(s *payroll.IncomeStretch) *string { return &s.IndSA03 })),
	opt(code("CdIncInkVerm", "K O S Z", func(s *payroll.IncomeStretch) *string { return &s.CdIncInkVerm })),
}

var sectorFields = []field[payroll.Sector]{
	date("DatAanvSect", func(s *payroll.Sector) *payroll.Date { return &s.Begin }),
	opt(date("DatEindSect", func(s *payroll.Sector) *payroll.Date { return &s.End })),
	pattern("Sect", threeDigit, "a code of at most three digits", func(s *payroll.Sector) *string { return &s.Code }),
}

var withdrawalFields = []field[payroll.Withdrawal]{
	number("NumIV", 9999, func(w *payroll.Withdrawal) *int { return &w.NumIV }),
	bsn("SofiNr", func(w *payroll.Withdrawal) *payroll.BSN { return &w.BSN }),
	opt(text("PersNr", 1, 35, func(w *payroll.Withdrawal) *string { return &w.PersNr })),
}

var periodFields = []field[payroll.TaxPeriod]{
	date("DatAanvTv", func(p *payroll.TaxPeriod) *payroll.Date { return &p.Begin }),
	date("DatEindTv", func(p *payroll.TaxPeriod) *payroll.Date { return &p.End }),
}

var balanceFields = []field[payroll.CorrectionBalance]{
	date("DatAanvTv", func(b *payroll.CorrectionBalance) *payroll.Date { return &b.Begin }),
	date("DatEindTv", func(b *payroll.CorrectionBalance) *payroll.Date { return &b.End }),
	euros("Saldo", func(b *payroll.CorrectionBalance) *payroll.Cents { return &b.Amount }),
}
