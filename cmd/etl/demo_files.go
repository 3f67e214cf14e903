package main

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"

	"loket-etl/payroll"
)

// demoFile is an export that the demo drops, with what must come of it. The
// hours come from whole numbers, not from reading the file back: what the demo
// expects is not computed by what it tests.
type demoFile struct {
	name, pipeline string
	place          string // inbox it is dropped in
	content        string
	marker         string // name of a done marker, dropped after the file
	markerText     string
	outcome        string
	after          bool // dropped when the others are settled: a duplicate
	values         map[demoValue]payroll.Hours
	leave          map[demoLeave]int
}

// demoValue is a value that must stand in Loket, in hundredths of its unit.
type demoValue struct {
	clientnummer, persnr int
	kostenplaats         string
	component            int
}

// demoLeave is a leave record that must stand in Loket.
type demoLeave struct {
	clientnummer, persnr int
	date                 string
	soort, factor        int
	eenheden             payroll.Hours
}

// The period that is open in the sandbox: October 2026, and the four weeks from
// 7 September.
const demoYear, demoPeriod = 2026, 10

// demoFiles are a month's exports of a small accountancy office.
func demoFiles() []demoFile {
	hours, partly := demoHours("uren_5555_oktober.csv", []int{1, 2, 3, 4, 5, 6, 8, 10}), demoHours("uren_5556_oktober.csv", []int{1, 2, 3})
	hours.outcome, partly.outcome = "imported", "partly"
	sum := sha256.Sum256([]byte(hours.content))
	hours.marker, hours.markerText = hours.name+".sha256", hex.EncodeToString(sum[:])+"  "+hours.name+"\n"
	partly.content += "4;J. Onbekend;06-10-2026;Normaal;8 uur;200;typefout in de uren\r\n4;J. Onbekend;07-10-2026;Normaal;8,00;200;\r\n"
	broken := demoFile{
		name: "variabel_2026-10_kapot.csv", pipeline: "loket-variabel", place: "kantoor", outcome: "refused",
		content: "aanslnr;persnr;ploeg;1;28\r\n5555;1;1;88.25;12\r\n5555;9999;1;80;\r\n5555;2;1;1000;4\r\n",
	}
	duplicate := hours
	duplicate.name, duplicate.marker, duplicate.outcome, duplicate.after = "uren_5555_oktober (2).csv", "", "duplicate", true
	duplicate.values = nil
	return []demoFile{hours, partly, demoClockify(), demoLeaveFile(), broken, demoRooster(), duplicate}
}

// demoHours is a time registration with a row per person, day and kind.
func demoHours(name string, people []int) demoFile {
	f := demoFile{name: name, pipeline: "urenregistratie", place: "kantoor", values: map[demoValue]payroll.Hours{}}
	var client int
	fmt.Sscanf(name, "uren_%d_", &client)
	var b strings.Builder
	b.WriteString("Personeelsnummer;Naam;Datum;Uursoort;Uren;Kostenplaats;Opmerking\r\n")
	kinds := []struct {
		name      string
		component int
	}{{"Normaal", 1}, {"Overwerk 150%", 4}, {"Ziek", 10}}
	for _, nr := range people {
		for day := 1; day <= 31; day++ {
			date, err := payroll.NewDate(demoYear, demoPeriod, day)
			if err != nil || date.Time().Weekday()%6 == 0 {
				continue
			}
			kind := kinds[(nr*day)%7%3]
			quarters := payroll.Hours(16 + (nr+day)%17) // 4 to 8 hours
			place := fmt.Sprint(100 * (1 + day%2))
			text := (25 * quarters).Comma()
			if day%5 == 0 { // some systems write a clock
				text = fmt.Sprintf("%d:%02d", quarters/4, quarters%4*15)
			}
			fmt.Fprintf(&b, "%d;Medewerker %d;%s;%s;%s;%s;\r\n", nr, nr, date.Dutch(), kind.name, text, place)
			f.values[demoValue{client, nr, place, kind.component}] += 25 * quarters
		}
	}
	f.content = b.String()
	return f
}

// demoClockify is a detailed report of people known by their e-mail address.
func demoClockify() demoFile {
	f := demoFile{name: "Clockify_Time_Report_Detailed.csv", pipeline: "clockify", place: "clockify", outcome: "imported", values: map[demoValue]payroll.Hours{}}
	var b strings.Builder
	b.WriteString(`"Project","Client","Description","Task","User","Group","Email","Tags","Billable","Start Date","Start Time","End Date","End Time","Duration (h)","Duration (decimal)","Billable Rate (EUR)","Billable Amount (EUR)"` + "\n")
	for _, who := range []struct {
		nr   int
		mail string
	}{{5, "emine.yildirim"}, {8, "hanna.verbeek"}} {
		for _, e := range []struct {
			day, minutes, component int
			tag                     string
		}{{1, 450, 1, ""}, {2, 495, 1, ""}, {5, 75, 3, "Overwerk"}} {
			fmt.Fprintf(&b, "\"Bouw\",\"Klant BV\",\"Uitvoering\",\"\",\"%s\",\"\",\"%s@client5556.example.org\",\"%s\",\"Yes\",\"%02d/10/2026\",\"09:00\",\"%02d/10/2026\",\"17:00\",\"%d:%02d:00\",\"%s\",\"0.00\",\"0.00\"\n",
				who.mail, who.mail, e.tag, e.day, e.day, e.minutes/60, e.minutes%60, payroll.Hours(e.minutes*100/60))
			f.values[demoValue{5556, who.nr, "", e.component}] += payroll.Hours(e.minutes * 100 / 60)
		}
	}
	f.content = b.String()
	return f
}

// demoLeaveFile is leave taken: each row a record of its own, two of them equal.
func demoLeaveFile() demoFile {
	f := demoFile{name: "verlof_oktober.csv", pipeline: "verlof", place: "kantoor", outcome: "imported", marker: "verlof_oktober.ok", leave: map[demoLeave]int{}}
	var b strings.Builder
	b.WriteString("Clientnummer;Personeelsnummer;Naam;Van;Tot en met;Verlofsoort;Boeking;Uren\r\n")
	for _, l := range []demoLeave{
		{5555, 1, "2026-10-12", 1, -1, 800}, {5555, 1, "2026-10-12", 1, -1, 800}, {5555, 2, "2026-10-13", 1, -1, 400}, {5556, 3, "2026-10-14", 15, 1, 1250},
	} {
		day, err := payroll.ParseDate(l.date)
		if err != nil {
			panic(err) // a date written above
		}
		soort := map[int]string{1: "Wettelijk", 15: "Bijzonder"}[l.soort]
		boeking := map[int]string{-1: "Opname", 1: "Opbouw"}[l.factor]
		fmt.Fprintf(&b, "%d;%d;Medewerker %d;%s;%s;%s;%s;%s\r\n", l.clientnummer, l.persnr, l.persnr, day.Dutch(), day.Dutch(), soort, boeking, l.eenheden.Comma())
		f.leave[l]++
	}
	f.content = b.String()
	return f
}

// demoRooster is a wide export, a column per kind of hours.
func demoRooster() demoFile {
	f := demoFile{name: "rooster_7001_2026-10.csv", pipeline: "roosterplanning", place: "partner", outcome: "imported", values: map[demoValue]payroll.Hours{}}
	var b strings.Builder
	b.WriteString("name;staffno;par;vak;ziek;paidovertime;kosten;kilometers\r\n")
	for nr := 1; nr <= 6; nr++ {
		row := []struct {
			component int
			value     payroll.Hours
		}{{1, payroll.Hours(12000 + 25*nr)}, {11, payroll.Hours(800 * (nr % 2))}, {10, payroll.Hours(375 * (nr % 3))}, {3, payroll.Hours(150 * (nr % 4))}, {30, payroll.Hours(1995 * (nr % 2))}, {31, payroll.Hours(10050 + nr)}}
		fmt.Fprintf(&b, "Medewerker %d;%d", nr, nr)
		for _, c := range row {
			b.WriteString(";" + c.value.Comma())
			if c.value != 0 {
				f.values[demoValue{7001, nr, "", c.component}] = c.value
			}
		}
		b.WriteString("\r\n")
	}
	f.content = b.String()
	return f
}
