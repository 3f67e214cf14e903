package verloning

// Soort is what a component does with its value.
type Soort int

const (
	Uren        Soort = iota // hours at the hourly wage times Tarief; taxed
	Gewerkt                  // as Uren, but a salary already pays them: only hourly workers get more
	Bruto                    // amount, taxed
	Bijzonder                // amount, taxed at the special rate
	Vakantie                 // amount out of the holiday-allowance reserve, taxed at the special rate
	Vergoeding               // untaxed: the value times Tarief is paid out on top
	Inhouding                // amount, withheld from net pay
	Informatief              // does nothing
)

// Component is a looncomponent that variabele gegevens may fill.
type Component struct {
	Nummer    int
	Naam      string // at most 14 characters
	Soort     Soort
	Tarief    int64  // ten-thousandths: 15000 is 150 % of the hourly wage, 2300 is EUR 0.23 a unit
	Rekening  string // grootboekrekening; empty: that of its Soort
	Overwerk  bool   // counts as overtime in the tax return
	Categorie string
}

// Standaard are the components of the sandbox. The caller may change the copy.
func Standaard() []Component {
	return []Component{
		{Nummer: 1, Naam: "Uren gewerkt", Soort: Gewerkt, Tarief: 10000},
		{Nummer: 2, Naam: "Overuren 100%", Soort: Uren, Tarief: 10000, Overwerk: true},
		{Nummer: 3, Naam: "Overuren 125%", Soort: Uren, Tarief: 12500, Overwerk: true},
		{Nummer: 4, Naam: "Overuren 150%", Soort: Uren, Tarief: 15000, Overwerk: true},
		{Nummer: 5, Naam: "Overuren 200%", Soort: Uren, Tarief: 20000, Overwerk: true},
		{Nummer: 6, Naam: "Toeslag uren", Soort: Uren, Tarief: 2500},
		{Nummer: 10, Naam: "Ziekte-uren", Soort: Gewerkt, Tarief: 10000},
		{Nummer: 11, Naam: "Verlofuren", Soort: Gewerkt, Tarief: 10000},
		{Nummer: 12, Naam: "Feestdaguren", Soort: Gewerkt, Tarief: 10000},
		{Nummer: 20, Naam: "Toeslag", Soort: Bruto},
		{Nummer: 21, Naam: "Provisie", Soort: Bruto},
		{Nummer: 25, Naam: "Bonus", Soort: Bijzonder},
		{Nummer: 26, Naam: "Vakantiegeld", Soort: Vakantie},
		{Nummer: 30, Naam: "Onkosten", Soort: Vergoeding, Tarief: 10000},
		{Nummer: 31, Naam: "Reiskosten km", Soort: Vergoeding, Tarief: 2300},
		{Nummer: 40, Naam: "Voorschot", Soort: Inhouding},
		{Nummer: 41, Naam: "Personeelsver.", Soort: Inhouding},
		{Nummer: 50, Naam: "Notitie", Soort: Informatief},
	}
}

// Numbers of the components that the calculation itself fills. Components of the
// caller stay below CompSalaris.
const (
	CompSalaris       = 900
	CompBruto         = 910
	CompLoonheffing   = 920
	CompLoonheffingBT = 921
	CompArbeidskort   = 922
	CompZvwInhouding  = 925
	CompVordering     = 929
	CompNetto         = 930
	CompZvwWerkgever  = 940
	CompAwfLaag       = 941
	CompAwfHoog       = 942
	CompAofLaag       = 943
	CompAofHoog       = 944
	CompWko           = 945
	CompWhk           = 946
	CompReservering   = 950
	CompLoonLH        = 960
	CompLoonSV        = 961
	CompPremieloon    = 962
)

// vast are names and categories of the fixed components.
var vast = map[int]struct{ naam, categorie string }{
	CompSalaris:       {"Salaris", "Bruto"},
	CompBruto:         {"Bruto loon", "Totaal"},
	CompLoonheffing:   {"Loonheffing", "Inhouding"},
	CompLoonheffingBT: {"Loonheffing BT", "Inhouding"},
	CompArbeidskort:   {"Arbeidskorting", "Informatief"},
	CompZvwInhouding:  {"Inh bijdr. Zvw", "Inhouding"},
	CompVordering:     {"Nog te verrek.", "Netto"},
	CompNetto:         {"Netto loon", "Netto"},
	CompZvwWerkgever:  {"WG-heffing Zvw", "Werkgever"},
	CompAwfLaag:       {"Pr. AWf laag", "Werkgever"},
	CompAwfHoog:       {"Pr. AWf hoog", "Werkgever"},
	CompAofLaag:       {"Pr. Aof laag", "Werkgever"},
	CompAofHoog:       {"Pr. Aof hoog", "Werkgever"},
	CompWko:           {"Opslag Wko", "Werkgever"},
	CompWhk:           {"Premie Whk", "Werkgever"},
	CompReservering:   {"Res. vak.geld", "Werkgever"},
	CompLoonLH:        {"Loon LB/PH", "Grondslag"},
	CompLoonSV:        {"Loon SV", "Grondslag"},
	CompPremieloon:    {"Premieloon", "Grondslag"},
}
