package formats

import (
	"bytes"
	"math/bits"
	"strconv"

	"loket-etl/payroll"
)

const (
	excelDigits = 15 // that a spreadsheet shows of a number
	maxDigits   = 40 // of a number, with its decimals and without an exponent
)

// plain is a number as XML and JSON have it ("1.5E-3") without an exponent, zeros
// it does not need, and with this decimal sign; exactly, or rounded to so many
// significant digits, halves away from zero. False: it is no number or absurd.
func plain(dst, number []byte, point byte, significant int) ([]byte, bool) {
	digits, before, negative, ok := parseNumber(number)
	if !ok {
		return dst, false
	}
	if significant > 0 && len(digits) > significant {
		up := digits[significant] >= '5'
		digits = digits[:significant]
		for i := significant - 1; up && i >= 0; i-- {
			if digits[i]++; digits[i] <= '9' {
				up = false
			} else {
				digits[i] = '0'
			}
		}
		if up {
			digits = append([]byte{'1'}, digits[:significant-1]...)
			before++
		}
	}
	digits = bytes.TrimRight(digits, "0")
	if len(digits) == 0 {
		return append(dst, '0'), true
	}
	if before > maxDigits || before < -maxDigits || max(before, len(digits)) > maxDigits || len(digits)-before > maxDigits {
		return dst, false
	}
	if negative {
		dst = append(dst, '-')
	}
	if before <= 0 {
		dst = append(dst, '0', point)
		for range -before {
			dst = append(dst, '0')
		}
		return append(dst, digits...), true
	}
	for i := range max(before, len(digits)) {
		if i == before {
			dst = append(dst, point)
		}
		if i < len(digits) {
			dst = append(dst, digits[i])
		} else {
			dst = append(dst, '0')
		}
	}
	return dst, true
}

// parseNumber gives the digits from the first that is not 0, and how many of them
// stand before the decimal sign.
func parseNumber(b []byte) (digits []byte, before int, negative, ok bool) {
	if len(b) > 1<<10 {
		return nil, 0, false, false
	}
	mantissa, exponent := b, 0
	if i := bytes.IndexAny(b, "eE"); i >= 0 {
		var err error
		mantissa = b[:i]
		if exponent, err = strconv.Atoi(string(b[i+1:])); err != nil || exponent > 2000 || exponent < -2000 {
			return nil, 0, false, false
		}
	}
	if len(mantissa) > 0 && (mantissa[0] == '-' || mantissa[0] == '+') {
		negative = mantissa[0] == '-'
		mantissa = mantissa[1:]
	}
	point := len(mantissa)
	if i := bytes.IndexByte(mantissa, '.'); i >= 0 {
		point = i
	}
	for i, c := range mantissa {
		if i == point {
			continue
		}
		if c < '0' || c > '9' {
			return nil, 0, false, false
		}
		digits = append(digits, c)
	}
	if len(digits) == 0 {
		return nil, 0, false, false
	}
	zeros := len(digits) - len(bytes.TrimLeft(digits, "0"))
	return digits[zeros:], point - zeros + exponent, negative, true
}

// serial is a number of days with a fraction as whole days and seconds.
func serial(number []byte) (days, seconds int, ok bool) {
	text, ok := plain(nil, number, '.', excelDigits+2)
	if !ok || text[0] == '-' {
		return 0, 0, false
	}
	whole, fraction, _ := bytes.Cut(text, []byte{'.'})
	days, err := strconv.Atoi(string(whole))
	if err != nil || days > 10_000_000 {
		return 0, 0, false
	}
	fraction = fraction[:min(len(fraction), excelDigits)]
	scale := uint64(1)
	part := uint64(0)
	for _, c := range fraction {
		scale, part = scale*10, part*10+uint64(c-'0')
	}
	high, low := bits.Mul64(part, 24*3600)
	low, carry := bits.Add64(low, scale/2, 0)
	quotient, _ := bits.Div64(high+carry, low, scale)
	if quotient == 24*3600 {
		return days + 1, 0, true
	}
	return days, int(quotient), true
}

const lastDay = 2_958_465 // 31 December 9999 in the 1900 system

// civilDay is the date of a day number in the 1900 or the 1904 system. The 1900
// system counts 29 February 1900, which never was: that day is no date.
func civilDay(days int, is1904 bool) (payroll.Date, bool) {
	switch {
	case is1904 && days <= lastDay-1462:
		return payroll.Date(19040101).AddDays(days), true
	case is1904 || days < 1 || days == 60 || days > lastDay:
		return 0, false
	case days < 60:
		return payroll.Date(18991231).AddDays(days), true
	}
	return payroll.Date(18991230).AddDays(days), true
}

// appendLayout writes a date in a layout of a mapping, "" for yyyy-MM-dd.
func appendLayout(b []byte, d payroll.Date, layout string) []byte {
	year, month, day := digits(d.Year(), 4), digits(d.Month(), 2), digits(d.Day(), 2)
	switch layout {
	case "dd-MM-yyyy":
		return append(b, day+"-"+month+"-"+year...)
	case "dd/MM/yyyy":
		return append(b, day+"/"+month+"/"+year...)
	case "MM/dd/yyyy":
		return append(b, month+"/"+day+"/"+year...)
	case "dd.MM.yyyy":
		return append(b, day+"."+month+"."+year...)
	case "yyyyMMdd":
		return append(b, year+month+day...)
	case "excel":
		return strconv.AppendInt(b, int64(daysBetween(18991230, d)), 10)
	}
	return append(b, year+"-"+month+"-"+day...)
}

func digits(n, width int) string {
	s := strconv.Itoa(n)
	for len(s) < width {
		s = "0" + s
	}
	return s
}

// daysBetween counts days, exactly.
func daysBetween(from, to payroll.Date) int { return dayNumber(to) - dayNumber(from) }

func dayNumber(d payroll.Date) int {
	y, m := d.Year(), d.Month()
	if m <= 2 {
		y, m = y-1, m+12
	}
	return 365*y + y/4 - y/100 + y/400 + (153*(m-3)+2)/5 + d.Day()
}

// appendClock writes seconds as H:MM, or H:MM:SS when they are no whole minutes.
func appendClock(b []byte, seconds int) []byte {
	b = append(strconv.AppendInt(b, int64(seconds/3600), 10), ":"+digits(seconds/60%60, 2)...)
	if seconds%60 != 0 {
		b = append(b, ":"+digits(seconds%60, 2)...)
	}
	return b
}

// dateOnly takes the time of day off an ISO 8601 date and time with Dutch time or
// without a zone. Anything else stays as it is: a date in another zone may be the
// day before or after.
func dateOnly(b []byte) []byte {
	b = bytes.TrimSpace(b)
	if len(b) < 16 || b[4] != '-' || b[7] != '-' || b[10] != 'T' && b[10] != ' ' || b[13] != ':' {
		return b
	}
	if i := bytes.IndexAny(b[11:], "Z+-"); i >= 0 && string(b[11+i:]) != "+01:00" && string(b[11+i:]) != "+02:00" {
		return b
	}
	return b[:10]
}

// relayout writes an ISO date in the layout that its column has; other text stays.
func relayout(b []byte, layout string) []byte {
	if layout == "" || layout == "yyyy-MM-dd" || len(b) != 10 || b[4] != '-' {
		return b
	}
	d, err := payroll.ParseDate(string(b))
	if err != nil {
		return b
	}
	return appendLayout(nil, d, layout)
}
