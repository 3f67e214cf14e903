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
//	rules:                             # rules over the whole file; what is left out is off
//	  duplicates: refuse               # the same employee, date and code twice
//	  hours_per_day: 24                # more per employee and day is a problem
//	  period: single                   # all rows in one payroll period
//
// A file of the operator with the same name replaces a shipped one whole.
//
// The way of a dropped file:
//
//	staged -> planned -> delivered -> settled
//	      \-> refused ----------------^          any -> held -> back
//
// Every arrow is one commit in the ledger, made after the work it stands for is
// durable; a crash before the commit repeats the work, and all of it may be
// repeated: planning is pure, a call is never sent twice on a guess, a receipt
// put twice is the same bytes, a move that was made counts as made.
package pipelines
