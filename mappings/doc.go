// Package mappings turns the records of a dropped file into planned Loket
// calls, as YAML files say. It is pure: it reads a file through the function it
// is given, what it must know of Loket comes in as a plain table, and it sends
// nothing. It knows no ledger, no folder and no SOAP.
//
// # The grammar
//
// A mapping is a YAML file in this folder or in the operator's; its name is that
// of the file. Unknown keys, wrong types and names that do not exist are errors,
// all of them at once, with file, line and column. There are no anchors and tags.
//
//	mapping: uren                # the name of this file without .yaml
//	description: what it is for  # shown to people
//	file:                        # how the file is written; nothing is guessed
//	  format: csv                # or xlsx, json, ndjson, xml, fixed, responsemessage: see below
//	  packed: no                 # or gzip, or zip with one file in it, or documents: a zip with
//	                             # documents, of which this file is the index
//	  index: index.csv           # of packed: documents, the name of the index, with * and ?
//	  name: "uren_{clientnummer}_{year}-{period}*"   # what the file's name says; see below
//	  charset: utf-8             # utf-8 (default), windows-1252, utf-16le, utf-16be
//	  delimiter: ";"             # ";" (default) "," "|" tab
//	  decimal: comma             # comma (default) or point
//	  thousands: none            # none (default), point, comma, space
//	  header: yes                # no: the columns below stand in the order of the file
//	  extra_columns: refuse      # columns not named below: refuse (default), ignore, or
//	                             # components: their names are component numbers
//	  columns:
//	    - name: Uren             # as in the file, whatever the case
//	      as: uren               # the name used below and in the schema; default: name
//	      aliases: [Hours]       # other names it may have in the file
//	      type: hours            # text (default), integer, decimal, hours, date
//	      notation: [decimal]    # of hours: decimal (7,5), clock (7:30), minutes (450)
//	      layouts: [dd-MM-yyyy]  # of a date: dd-MM-yyyy yyyy-MM-dd dd/MM/yyyy MM/dd/yyyy
//	                             # dd.MM.yyyy yyyyMMdd excel
//	      decimals: 2            # at most so many, default 2
//	      required: yes          # an empty cell is a problem
//	      optional: yes          # the whole column may be absent
//	      personal: yes          # masked in problems and receipts
//	schema: uren.json            # JSON schema (draft-07) beside the mapping or among those that
//	                             # ship; or the schema itself; may be left out
//	tables:                      # lookup tables
//	  codes:
//	    file: codes.csv          # beside the mapping; CSV with a header, or a YAML list
//	    rows: [{code: N, component: 1}]   # or the rows themselves
//	    key: [code]              # the columns that are looked up
//	    ignore_case: yes
//	    valid_from: van          # columns with dates YYYY-MM-DD, both included; empty is open
//	    valid_until: tot
//	compute:                     # values by a name, used below like columns; each of columns
//	  gewerkt: {worked: {start: begin, end: einde}}   # and those before it
//	skip:                        # rows that are passed over: when any of these holds
//	  - {column: persnr, is: 0}  # is: [values], not: [values], or empty: yes/no, or
//	  - {column: naam, like: "totaal*"}   # like: [patterns], not_like: [patterns]: * is
//	                             # anything, and capitals make no difference, or
//	  - {expr: "uren > 24"}      # an expression: see below
//	keep: []                     # rows that are used: when all of these hold
//	to:                          # what the rows become
//	  what: variabele-gegevens-csv   # or variabele-gegevens-xml, verlof-csv,
//	                             # loonaangifte-status, loonaangifte-response, or one of the
//	                             # changes below
//	  mode: Overschrijven        # or NietOverschrijven, Optellen
//	  employer: {clientnummer: ORIGIN}  # or {werkgever_id: ORIGIN} or {by: employee}
//	  employee: {persnr_verl: ORIGIN}   # or {persnr: ORIGIN} or {email: ORIGIN}: a column
//	  round: refuse              # more than two decimals in a total: refuse (default), half-up
//	                             # (halves away from zero), half-even
//
// The header of CSV and XLSX may have two rows, and a wide sheet become rows. Then
// file has
//
//	header_rows: 2             # the lowest filled cell of a column is its name;
//	header_join: lowest        # both: the two with a space, an upper one also over the
//	                           # empty ones to its right
//	wide:                      # every filled cell under these headings is a row of its own,
//	  headings: [ma, di]       # with all other cells of its row; or 1..31, or {ma: 1, di: 2}
//	                           # with what each says, or rest: all that columns does not name
//	  optional: no             # yes: a listed heading may be absent
//	  heading: {as: dag}       # the column with what the heading says, and that with the cell;
//	  cell: {as: uren, type: hours, notation: [decimal]}   # type and so on as of columns
//
// Of a wide sheet, only the cell is a value: what stands once in a row would count
// for every cell of it. Totals are passed over with skip.
//
// A file of another format has, beside format, packed, name, decimal, thousands
// and columns, these keys instead of charset, delimiter, header and extra_columns:
//
//	format: xlsx
//	sheet: Uren                # the sheet by its name, or
//	sheet_number: 2            # by its place; default: the workbook has only one
//	header_row: 4              # the row of the header, or
//	header_within: 20          # the first of so many rows that has all names; default: the
//	                           # first row with something in it
//	hidden: refuse             # what is hidden: refuse (default), read, or skip (rows)
//	header: yes                # as for csv
//	extra_columns: refuse      # as for csv
//
//	format: json               # an array of objects
//	records: data.rows         # where it stands; default: it is the file
//	extra_columns: refuse      # names in no path: refuse (default) or ignore
//
//	format: ndjson             # an object per line
//	extra_columns: refuse      # as for json
//
//	format: xml
//	records: [Card/Time/Interval]         # the elements that are rows, all at one level
//	namespace: urn:cards                  # of names without a prefix; default: none
//	namespaces: {x: urn:extra}            # of prefixes in paths
//
//	format: fixed              # lines with each column at its place
//	charset: utf-8             # as for csv
//
//	format: document           # one document, for a dossier; its columns are the parts of its
//	                           # name: the fields, and rest, what stands after the last of them
//
// Their columns have no aliases (but for xlsx), and
//
//	path: person.id[0].value   # of json and ndjson; default: name
//	path: [Start, "@day", "../Week", "../../Person/Id[@owner=us]/Value", "self::Extra/Amount"]
//	                           # of xml, from the record; several: the first that is filled
//	take: date                 # of a date with a time, only the date (xlsx, json, ndjson, xml)
//	start: 1                   # of fixed: the first character, from 1,
//	length: 5                  # and how many it has
//
// Numbers of xlsx and json get the decimal sign that is declared, dates of xlsx the
// first layout; text stays as it is. A column that is not optional must be in every
// record of json and xml.
//
// Overschrijven makes Loket hold what this file says for an employee, period and
// component; what an earlier file said and this one does not stays there, unless
// the pipeline says left_out: clear. When several files fill one period (a file
// per week), use Optellen, or the last file wins.
//
// For variabele gegevens:
//
//	period: {date: datum}      # the period that a date lies in, by kind: loket (default, how
//	                           # long the employer's periods are), monthly, four-weekly, weekly
//	                           # or {column: c} with "2026-10", or {year: c, number: d},
//	                           # or {from: file_name}, or {from: drop_date, offset: -1}
//	                           # closed: open-period books what belongs in a closed period
//	                           # in the first open one after it; only with mode Optellen
//	slip: ORIGIN               # 1 normal (default), 2 special rate
//	ploeg: ORIGIN
//	verdeeleenheid: ORIGIN
//	kostenplaats: ORIGIN       # XML only
//	kostendrager: ORIGIN       # XML only
//	repeated: sum              # the same key again: sum (default) or refuse
//	hours: [1, 2]              # the components that are hours (0 to 999,99), all or none;
//	                           # the others are amounts
//	values:                    # one or more
//	  - component: ORIGIN      # or {from: header} for extra_columns: components
//	    value: {column: uren}  # or {sum: [a, b]}, {only: [a, b]} (one of them is filled),
//	                           # {constant: 1}, or one that is computed: see below
//	    zero: send             # skip: 0 means nothing here
//	    when: []               # conditions as under keep
//
// Rows with the same employer, employee, period, slip, ploeg, verdeeleenheid,
// kostenplaats, kostendrager and component are added up exactly and rounded
// once.
//
// For verlof, where every row becomes a record:
//
//	leave:
//	  from: {column: van}
//	  until: {column: tot}     # default: from
//	  soort: ORIGIN            # number of the leave type
//	  factor: ORIGIN           # 1 adds leave, -1 takes it
//	  eenheden: {column: uren}
//
// For loonaangifte-status, where every row approves or cancels a tax return, to has
// no mode, employer, employee and round, but
//
//	berichtkenmerk: {column: c}  # of the return, exactly as in Loket
//	actie: ORIGIN                # Goedkeuren or Annuleren
//	externe_partij: ORIGIN       # ExternePartijIdentificatie; may be left out
//	toelichting: ORIGIN          # may be left out
//
// A return may stand in the file once. With policy per-employee, what is left out
// is the return with a problem.
//
// For a change, where every row becomes one call about one record, what is one of
//
//	persoon-adres                # Persoon, by employer and employee
//	persoon-burgerlijke-staat
//	persoon-overlijden
//	dienstverband-uit-dienst     # Dienstverband, by employer and employee
//	werkgever-adres              # Werkgever, by employer
//	werkgever-algemeen
//	werkgever-contact
//	concept-werknemer            # made once: employer, and UniekeNaam among the fields
//	werkgever-toevoegen          # made once
//	dossier-toevoegen            # made once: a document to a dossier, by employer and employee
//	dossier-metadata             # DossierDataIdentity among the fields
//	dossier-verwijderen
//
// There is no mode and round; employee may also be {bsn: ORIGIN}, or {name: ORIGIN,
// born: ORIGIN} with a surname and a date of birth, from columns that are personal.
// Beside employer and employee, to has
//
//	empty: "-"                 # a cell that says so empties its field in Loket; default: none
//	fields:                    # by the names of the contract; in a postal address with Post
//	  Straat: ORIGIN           # before them (PostStraat, PostPlaats; but Postbus)
//	  Plaats: ORIGIN
//
// An empty cell leaves its field as it is. Emptying a field that a postal address
// cannot do without, such as PostPlaats, takes the whole of it away. A record may
// stand in the file once. Codes are checked against Loket's tables on the day of
// the change, else that of dropping.
//
// For dossier-toevoegen the file is packed: documents or of format: document. to has
//
//	document: {column: bestand}  # of packed: documents, the name of the document in the zip,
//	                             # from the folder that the index lies in
//
// and DossierSoort among the fields, Werknemer or Werkgever; for the dossier of the
// employer the cell of the employee is empty. Every document is in the index once and
// every row has its document, of at most 25 MiB and of the kind that its name says.
//
// For loonaangifte-response the file is one response message of the tax authority,
// handed to Loket as it is. The whole mapping is then
//
//	mapping: ...
//	description: ...
//	file: {format: responsemessage}
//	to: {what: loonaangifte-response}
//
// An ORIGIN is one of
//
//	{column: c}
//	{constant: 1}
//	{table: codes, by: [code], take: component}   # on: datum for a table with a validity;
//	                                              # otherwise: 1 for values it does not have
//	{from: file_name}            # clientnummer and werkgever_id
//	{from: pipeline}             # clientnummer: given with the file
//
// or is computed:
//
//	{first_of: [ORIGIN, ORIGIN]} # the first that is filled
//	{join: [ORIGIN, ORIGIN], with: "-"}    # texts, those that are filled
//	{when: [], then: ORIGIN, else: ORIGIN} # conditions as under keep; no else: nothing
//	{worked: {start: a, end: b, break: c}} # hours between clock times; an end before the
//	                                       # start is on the next day, an equal one a problem
//	{expr: "min(uren, 8)"}       # an expression: go doc ./mappings/expression
//
// and a value, or what compute names, may then have, in this order:
//
//	unit: minutes                # or seconds: it becomes hours
//	times: per_dag               # a column, a number, or an ORIGIN, such as a table of rates
//	percent: 125                 # the same
//	round: half-up               # or half-even, up, down: before it is added up
//	decimals: 2                  # that are left, default 2
//
// Where nothing is filled of what these need, there is no value; but an empty cell in
// an expression is a problem, unless filled or first_of asks after it. What is not
// rounded is added up exactly. type: number makes a number of what compute takes from
// a table.
//
// KIES in the place of the number of a component, as a constant or in a table, is a
// choice that is still open: the mapping loads, and what needs it is refused.
//
// In the name of a file, {clientnummer}, {werkgever_id}, {persnr}, {year} and {period} are
// whole runs of digits and * is anything. A name that does not fit, or fits in
// two ways, is a problem.
package mappings
