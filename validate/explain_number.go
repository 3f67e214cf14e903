package validate

import (
	"fmt"
	"strings"
)

// explainNumber says why a text is no number in the declared notation, with both
// readings where there are two.
func (k *column) explainNumber(s string, tell func(code, message, repair string)) {
	k.number.explain(s, k.Personal, tell)
}

func (f *number) explain(s string, personal bool, tell func(code, message, repair string)) {
	agreed := f.agreed()
	whole, frac, point := strings.Cut(strings.TrimPrefix(s, "-"), string(f.point))
	a, b := f.reading(s, '.', ','), f.reading(s, ',', '.')
	if strings.ContainsRune(a, ',') && !strings.ContainsRune(b, ',') || strings.ContainsRune(a, '.') && !strings.ContainsRune(b, '.') {
		a, b = b, a // the whole number first
	}
	if point && isDigits(whole) && isDigits(frac) && len(frac) == 3 && f.decimals > 0 { // a number in a workbook, perhaps
		agreed += " Heeft het drie decimalen? " + f.rounded(3)
	}
	switch {
	case isDigits(whole) && len(whole) > f.whole:
		tell("getal-te-lang", fmt.Sprintf("Het getal heeft meer dan %d cijfers voor de komma.", f.whole), "Controleer het getal.")
	case isDigits(whole) && point && isDigits(frac) && len(frac) != 3 && f.decimals == 0:
		tell("geen-heel-getal", "De waarde is geen heel getal.", agreed)
	case isDigits(whole) && point && isDigits(frac) && len(frac) != 3:
		tell("te-veel-decimalen", fmt.Sprintf("Het getal heeft %d decimalen; hoogstens %d is afgesproken.", len(frac), f.decimals), f.rounded(len(frac)))
	case a != "" && b != "" && a != b && personal:
		tell("getal-dubbelzinnig", "Het getal kan op twee manieren worden gelezen.", agreed)
	case a != "" && b != "" && a != b:
		tell("getal-dubbelzinnig", fmt.Sprintf("%s kan %s of %s zijn.", s, a, b), agreed)
	case a != "" || b != "":
		tell("getal-vorm", "Het getal is anders geschreven dan afgesproken.", agreed)
	case looksLikeClock(s):
		tell("geen-getal", "Hier staat een tijd, geen getal.", agreed)
	case withEuro(s):
		tell("getal-vorm", "Er staat een euroteken bij het getal.", "Schrijf het getal zonder €. "+agreed)
	case strings.HasSuffix(s, "-") && (f.reading(s[:len(s)-1], '.', ',') != "" || f.reading(s[:len(s)-1], ',', '.') != ""):
		tell("getal-vorm", "Het minteken staat achter het getal.", "Zet het minteken ervoor.")
	default:
		tell("geen-getal", "Dit is geen getal.", agreed)
	}
}

// rounded tells what to do about a number with so many decimals, which may be more
// than the file seems to have: a spreadsheet shows fewer.
func (f *number) rounded(decimals int) string {
	text := fmt.Sprintf("Rond het getal in het bestand zelf af op hoogstens %d decimalen, in Excel met AFRONDEN (de opmaak van een cel rondt niet af)", f.decimals)
	if decimals <= unitDigits {
		text += fmt.Sprintf(", of laat in de mapping meer decimalen toe (decimals: %d)", unitDigits)
	}
	return text + "."
}

// withEuro reports whether s is a number but for a euro sign.
func withEuro(s string) bool {
	amount := strings.TrimSpace(strings.Replace(s, "€", "", 1))
	return strings.Contains(s, "€") && strings.Trim(amount, "0123456789.,- \u00a0\u202f") == "" && strings.ContainsAny(amount, "0123456789")
}

// agreed tells how to write numbers in this column.
func (f *number) agreed() string {
	if f.decimals == 0 {
		return "Schrijf een heel getal, zonder decimalen en zonder punten of komma's."
	}
	name := map[byte]string{',': "komma", '.': "punt"}[f.point]
	text := fmt.Sprintf("Schrijf het getal met een %s voor de decimalen, hoogstens %d", name, f.decimals)
	switch f.thousands {
	case 0:
		return text + ", en zonder scheidingsteken voor duizendtallen."
	case ' ':
		return text + ", en hoogstens een spatie tussen duizendtallen."
	}
	return text + fmt.Sprintf(", en hoogstens een %s tussen duizendtallen.", map[byte]string{',': "komma", '.': "punt"}[f.thousands])
}

// reading reads s with another pair of separators and writes the result in the
// notation of the column; "" when it cannot be read that way.
func (f *number) reading(s string, thousands, point byte) string {
	sign := ""
	if strings.HasPrefix(s, "-") {
		sign, s = "-", s[1:]
	}
	whole, frac, has := strings.Cut(s, string(point))
	if !isDigits(strings.ReplaceAll(whole, string(thousands), "")) || whole[0] == thousands || whole[len(whole)-1] == thousands || has && !isDigits(frac) {
		return ""
	}
	out := sign + strings.ReplaceAll(whole, string(thousands), "")
	if has {
		p := f.point
		if f.decimals == 0 {
			p = ','
		}
		out += string(p) + frac
	}
	return out
}

func isDigits(s string) bool {
	for _, c := range s {
		if c < '0' || c > '9' {
			return false
		}
	}
	return s != ""
}

func looksLikeClock(s string) bool {
	h, m, ok := strings.Cut(strings.TrimPrefix(s, "-"), ":")
	return ok && isDigits(h) && isDigits(strings.ReplaceAll(m, ":", ""))
}

// explainHours says why a text is no hours in a declared notation.
func (k *column) explainHours(s string, tell func(code, message, repair string)) {
	f := &k.hours
	var forms []string
	if f.decimal {
		forms = append(forms, "decimaal (7"+string(k.Point)+"5)")
	}
	if f.clock {
		forms = append(forms, "uren en minuten (7:30)")
	}
	if f.minutes {
		forms = append(forms, "hele minuten (450)")
	}
	agreed := "Schrijf de uren als " + strings.Join(forms, " of ") + "."
	_, plainNumber := k.number.read([]byte(s))
	switch {
	case looksLikeClock(s) && f.clock:
		tell("geen-uren", "Dit is geen aantal uren en minuten: minuten en seconden lopen van 00 tot en met 59.", agreed)
	case looksLikeClock(s):
		tell("uren-vorm", "De uren zijn als uren en minuten geschreven; dat is voor deze kolom niet afgesproken.", agreed)
	case plainNumber && !f.decimal:
		tell("uren-vorm", "De uren zijn decimaal geschreven; dat is voor deze kolom niet afgesproken.", agreed)
	case f.decimal && strings.Trim(s, "0123456789.,- ") == "":
		k.number.explain(s, k.Personal, tell)
	default:
		tell("geen-uren", "Dit is geen aantal uren.", agreed)
	}
}
