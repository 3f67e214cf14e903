// Package pipelines is the conductor: it stages what an inbox offers, plans,
// delivers to Loket and settles, and decides what to do when one of them says
// no. It is the only room that knows more than one neighbour, and it knows no
// byte of any file format and no word of SOAP.
//
// The YAML files beside the code are the pipelines that ship. One file is one
// pipeline, its name is the file's name, and every key is named here:
//
//	pipeline: urenregistratie          # as the file is called
//	description: one sentence for people
//	mapping: urenregistratie           # a mapping, shipped or the operator's
//	files: ["*.csv"]                   # names this pipeline takes; an inbox may narrow it
//	policy: all-or-nothing             # or per-employee
//	approval: none                     # required: a person must approve it before anything is sent
//	drift: tell                        # or hold: a file that differs from earlier ones waits for a person
//	left_out: keep                     # or clear: what an earlier file had and this one has not is taken out
//	rules:                             # rules over the whole file; what is left out is off
//	  duplicates: refuse               # the same employee, date and code twice
//	  hours_per_day: 24                # more per employee and day is a problem
//	  period: single                   # all rows in one payroll period
//	  overlap: {start: a, end: b}      # times of one employee overlap
//	  sums:                            # in every row, one for each of
//	    - {columns: [a, b], equals: c}
//	    - {start: a, end: b, break: c, equals: d}
//	  control_total: {column: persnr, marker: TOTAAL, rows: datum, sum: uren} # the row with totals
//	  max_keys: 2000000                # how many different rows are remembered
//
// A pipeline with the key export goes the other way, from approved payroll to files
// in an outbox:
//
//	pipeline: sepa-betalingen
//	description: one sentence for people
//	export: payments                   # results, results-of-period, journal, reports, tax-returns, employees
//	formats: [pain.001.001.09]         # left out: the usual one
//	reports: [journaal, opdrachtbrief] # of export: reports
//	order: Werknemer                   # of those, and Werkgever, WerknemerEnWerkgever
//	set: Standaard                     # export set of results-of-period
//	schedule: "0 7 * * MON-FRI"        # when to look, in Dutch time; looking does nothing twice
//	catch_up: once                     # or each, skip: ticks that passed while nobody was there
//	jitter: 30s                        # begins a tick up to so much later
//	publish: {bank_days: 2, at: "07:30"} # of payments: so long before the pay date; left out: at once
//	collect: {bank_days: 1, at: "12:00"} # after that a file that still lies there raises an alert
//	hold: [rekening-gewijzigd]         # findings that a person must let pass first
//	posts: 50000                       # most in one file of payments
//	bytes: 5000000                     # of one file of payments
//	net: 930                           # component with net pay
//	payable: ["1710"]                  # accounts on which the journal books it
//	journal_layout:                    # of formats: [csv] of a journal
//	  name: eigen                      # for messages
//	  separator: ";"                   # or "," or a tab
//	  decimal: ","                     # or "."
//	  decimals: 2                      # to 6
//	  date: dd-MM-yyyy                 # yyyy-MM-dd, dd/MM/yyyy, dd.MM.yyyy, yyyyMMdd
//	  noHeader: false                  # true: no line with names
//	  crlf: false                      # true: lines end as on Windows
//	  noZeros: false                   # true: an amount of nothing is an empty cell
//	  sides: {debit: D, credit: C}     # the words in a column side
//	  columns: [{header: Rekening, field: account}, {header: Soort, field: text, text: lonen}]
//	table_layout:                      # of formats: [csv, xlsx] of results
//	  name: netto
//	  rows: period                     # or component
//	  separator: ";"
//	  decimal: ","
//	  date: dd-MM-yyyy
//	  crlf: false
//	  bom: false                       # true: a mark by which Excel knows UTF-8
//	  sheet: Lonen                     # of a workbook
//	  columns: [{header: Netto, field: value, component: 930}]
//
// A file of the operator with the same name replaces a shipped one whole.
//
// The way of a dropped file:
//
//	staged -> planned -> delivered -> settled
//	      \-> refused ----------------^          any -> held -> back
//
// Where the pipeline wants approval, a planned file is held before its first call
// until a person approves that very plan.
//
// The way of an export:
//
//	due -> ready -> settled            any -> held -> back
//
// due: the run is known. make fetches its documents, writes the files, reads them
// back, holds them against each other and freezes them in one commit. ready: publish
// brings them to the partner, each in two steps with a commit after each.
//
// Every arrow is one commit in the ledger, made after the work it stands for is
// durable; a crash before the commit repeats the work, and all of it may be
// repeated: planning is pure, a call is never sent twice on a guess, a receipt
// put twice is the same bytes, a move that was made counts as made.
package pipelines
