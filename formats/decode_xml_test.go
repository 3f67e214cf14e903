package formats

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const cardSpace = "urn:cards"

var cardOptions = Options{
	Records: []string{"Card/Time/Interval"}, Namespaces: map[string]string{"": cardSpace, "x": "urn:extra"},
	Columns: []Column{
		{Name: "nr", Paths: []string{"../../Person/Id[@owner=us]/Value"}},
		{Name: "soort", Paths: []string{"@type"}},
		{Name: "datum", Kind: Date, Layout: "dd-MM-yyyy", DateOnly: true, Paths: []string{"@day", "Start"}},
		{Name: "uren", Paths: []string{"Hours"}},
		{Name: "week", Paths: []string{"../Week"}, Optional: true},
		{Name: "plaats", Paths: []string{"../../x:Extra/Centre"}, Optional: true},
	},
}

func card(person, inside, after string) string {
	return `<Card xmlns="urn:cards" xmlns:e="urn:extra"><Person>` + person + `</Person>` + inside + after + `</Card>`
}

const us = `<Id owner="us"><Value>7</Value></Id><Id owner="them"><Value>99</Value></Id>`

func interval(attributes, in string) string {
	return `<Interval ` + attributes + `>` + in + `</Interval>`
}

func TestElementsBecomeCells(t *testing.T) {
	good := interval(`type="N"`, "<Start>2026-10-01T07:00:00</Start><Hours> 8.00 </Hours>")
	for _, tt := range []struct{ name, data, want string }{
		{"plain", card(us, "<Time>"+good+"</Time>", ""), "1: 7|N|01-10-2026|8.00||"},
		{"attribute first", card(us, "<Time>"+interval(`type="N" day="2026-10-02"`, "<Start>2026-10-01T22:00:00</Start><Hours>8</Hours>")+"</Time>", ""), "1: 7|N|02-10-2026|8||"},
		{"what comes later", card(us, "<Time>"+good+"<Week>40</Week></Time>", "<e:Extra><Centre>12</Centre></e:Extra>"), "1: 7|N|01-10-2026|8.00|40|12"},
		{"another namespace", card(us, "<Time>"+good+"</Time>", `<Extra><Centre>12</Centre></Extra>`), "1: 7|N|01-10-2026|8.00||"},
		{"CDATA, comments, entities", card(us, "<Time>"+interval(`type="&lt;"`, "<Start/><Hours>7<!-- x -->.<![CDATA[5]]>&#48;</Hours>")+"</Time>", ""), "1: 7|<||7.50||"},
		{"not there", card(us, "<Time>"+interval(`type="N"`, "<Start/>")+"</Time>", ""), "veld-ontbreekt: regel 1, kolom 4 (uren)"},
		{"nobody", card("", "<Time>"+good+"</Time>", ""), "veld-ontbreekt: regel 1, kolom 1 (nr)"},
		{"twice", card(us, "<Time>"+interval(`type="N"`, "<Start/><Hours>1</Hours><Hours>2</Hours>")+"</Time>", ""), "element-dubbel: regel 1, kolom 4 (uren)"},
		{"twice around", card(us+us, "<Time>"+good+"</Time>", ""), "element-dubbel: regel 1, kolom 1 (nr)"},
		{"an element for a text", card(us, "<Time>"+interval(`type="N"`, "<Start/><Hours>1<Minutes>3</Minutes></Hours>")+"</Time>", ""), "element-inhoud: regel 1, kolom 4 (uren)"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			wants(t, decoded(t, "xml", []byte("\uFEFF<?xml version=\"1.0\"?>"+tt.data), cardOptions), tt.want)
		})
	}
}

func TestEachRecordHasTheValuesAroundIt(t *testing.T) {
	one := func(h string) string { return interval(`type="N"`, "<Start/><Hours>"+h+"</Hours>") }
	data := "<Card xmlns='urn:cards'>\n<Time>" + one("1") + "\n" + one("2") + "<Week>40</Week></Time>\n<Time><Week>41</Week>" + one("3") + "</Time><Person>" + us + "</Person></Card>"
	wants(t, decoded(t, "xml", []byte(data), cardOptions), "2: 7|N||1|40|", "3: 7|N||2|40|", "4: 7|N||3|41|")
}

func TestRecordsOfTwoKindsAreReadInOrder(t *testing.T) {
	o := cardOptions
	o.Records = []string{"Card/Time/Interval", "Card/Time/Allowance"}
	o.Columns = []Column{
		{Name: "nr", Paths: []string{"../../Person/Id[@owner=us]/Value"}}, {Name: "soort", Paths: []string{"@type"}},
		{Name: "uren", Paths: []string{"Hours", "self::Allowance/Amount"}},
	}
	data := card(us, "<Time><Interval type='N'><Hours>1</Hours></Interval>\n<Allowance type='A'><Amount>2</Amount></Allowance>\n"+
		"<Interval type='O'><Amount>3</Amount></Interval></Time>", "")
	wants(t, decoded(t, "xml", []byte(data), o), "1: 7|N|1", "2: 7|A|2", "veld-ontbreekt: regel 3, kolom 3 (uren)")
}

func TestXMLThatIsNotRightIsRefused(t *testing.T) {
	deep := strings.Repeat("<a>", 100) + strings.Repeat("</a>", 100)
	for _, tt := range []struct{ name, data, want string }{
		{"empty", "", "FILE xml"},
		{"no records", "<Card/>", "FILE geen-rijen"},
		{"cut off", "<Card>\n<Time>", "FILE xml: regel 2"},
		{"two roots", "<Card/>\n<Card/>", "FILE xml: regel 2"},
		{"text behind", "<Card/>x", "FILE xml"},
		{"text before", "x<Card/>", "FILE xml"},
		{"wrong end", "<Card></Kard>", "FILE xml"},
		{"DTD", "<!DOCTYPE Card [<!ENTITY a 'aaaaaaaaaa'>]><Card>&a;</Card>", "FILE xml: regel 1: Deze XML heeft een DTD"},
		{"instruction", "<Card/><?php x ?>", "FILE xml: regel 1: Deze XML heeft een DTD"},
		{"deep", "<Card>" + deep + "</Card>", "FILE xml: regel 1: Deze XML heeft een DTD, een verwerkingsopdracht of veel te diepe"},
		{"attribute twice", "<Card a='1' a='2'/>", "FILE xml"},
		{"prefix of nothing", "<x:Card/>", "FILE xml"},
		{"not UTF-8", "<Card>\xE9</Card>", "FILE xml"},
		{"another character set", "<?xml version='1.0' encoding='koi8-r'?><Card/>", "FILE xml"},
		{"json", "{}", "FILE xml"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := decoded(t, "xml", []byte(tt.data), cardOptions)
			if !strings.HasPrefix(got, tt.want) {
				t.Errorf("got %s, want %s", got, tt.want)
			}
		})
	}
}

func TestRecordsThatWaitHaveALimit(t *testing.T) {
	var b bytes.Buffer
	b.WriteString("<Card xmlns='urn:cards'><Time>")
	row := interval(`type="N"`, "<Start/><Hours>"+strings.Repeat("8", 60_000)+"</Hours>")
	for range 700 {
		b.WriteString(row)
	}
	if got := decoded(t, "xml", b.Bytes(), cardOptions); !strings.HasPrefix(got, "FILE te-veel-bij-elkaar") {
		t.Errorf("got %.300s", got)
	}
}

func TestPathsOfXMLAreRead(t *testing.T) {
	for _, bad := range []string{"", "a//b", "@", "a/@", "@a/b", "y:a", "a[b=c]", "a[@b]", "a[@b=c", "..", "a/..", "a b", "/a", "self::a", "self::/a", "self::a[@b=c]/d"} {
		if p, err := ParseXMLPath(bad, nil); err == nil {
			t.Errorf("%q is %+v", bad, p)
		}
	}
	p, err := ParseXMLPath("../../x:A[@b='c']/@d", map[string]string{"x": "urn:x", "": "urn:y"})
	if err != nil || p.Up != 2 || p.Attr != "d" || len(p.Steps) != 1 || p.Steps[0].Name.Space != "urn:x" || p.Steps[0].Value != "c" {
		t.Errorf("%+v %v", p, err)
	}
}

// TestSETUSamplesAreRead reads the samples of the standard itself, where they are
// at hand.
func TestSETUSamplesAreRead(t *testing.T) {
	files, err := filepath.Glob("../../shared/standards/setu/setu/examples/Timecard/*.xml")
	if err != nil || len(files) == 0 {
		t.Log("NOT CHECKED: the samples of SETU may not be shipped and do not lie beside the project; those in mappings/samples stand in for them")
		return
	}
	for _, name := range files {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		o := Options{Records: []string{"TimeCard/ReportedTime/TimeInterval"}, Namespaces: map[string]string{"": "http://ns.hr-xml.org/2007-04-15"}, Columns: []Column{
			{Name: "persoon", Paths: []string{"../../ReportedResource/Person/Id/IdValue"}}, {Name: "soort", Paths: []string{"@type"}}, {Name: "uren", Paths: []string{"Duration"}},
		}}
		if strings.Contains(name, "v2") {
			o = Options{Records: []string{"Timecard/timeInterval"}, Namespaces: map[string]string{"": "https://ontology.setu.nl/messages"}, Columns: []Column{
				{Name: "persoon", Paths: []string{"../person/id/value"}}, {Name: "soort", Paths: []string{"typeCode/value"}}, {Name: "uren", Paths: []string{"timeTotal"}},
			}}
		}
		got := decoded(t, "xml", data, o)
		want := bytes.Count(data, []byte("<TimeInterval ")) + bytes.Count(data, []byte("<timeInterval>"))
		if strings.Count(got, "\n") != want || strings.Contains(got, "FILE") {
			t.Errorf("%s has %d intervals, read is\n%s", filepath.Base(name), want, got)
		}
		t.Logf("%s\n%s", filepath.Base(name), got)
	}
}

func FuzzXML(f *testing.F) {
	f.Add([]byte(card(us, "<Time>"+interval(`type="N"`, "<Start>2026-10-01T07:00:00</Start><Hours>8</Hours>")+"</Time>", "<e:Extra><Centre>1</Centre></e:Extra>")))
	f.Fuzz(func(t *testing.T, data []byte) {
		if decoded(t, "xml", data, cardOptions) == "" {
			t.Error("neither rows nor a problem")
		}
	})
}

func BenchmarkXML(b *testing.B) {
	const rows = 20_000
	var data bytes.Buffer
	data.WriteString("<Card xmlns='urn:cards'><Time>")
	for i := range rows {
		fmt.Fprintf(&data, "<Interval type='N'><Id><Value>%d</Value></Id><Start>2026-10-01T07:00:00</Start><Hours>8.00</Hours></Interval>\n", i)
	}
	data.WriteString("</Time></Card>")
	o := cardOptions
	o.Columns = o.Columns[1:4]
	b.ReportAllocs()
	for b.Loop() {
		for batch, err := range XML(bytes.NewReader(data.Bytes()), o) {
			if err != nil {
				b.Fatal(err)
			}
			batch.Release()
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/rows, "ns/row")
}
