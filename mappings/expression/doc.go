// Package expression is the one form for what plain fields of a mapping cannot say:
// a text becomes a program over the values of a row. The text is read by
// expr-lang/expr; what it means is settled here, so that every column, function and
// type is checked when the mapping is loaded, numbers stay exact, and a program
// always ends: it has no loops, at most 1,000 characters and 20 levels, and makes no
// text longer than 64 KiB. It knows no mapping, no file and no Loket.
//
// An expression has
//
//	uren, column("Aantal uren")   the value of a column; an empty cell is a problem of
//	                              its row, unless filled or first_of asks after it
//	8, 1.25, "N", true            numbers with a point, texts, yes and no
//	+ - * /                       of numbers; what / gives is rounded, unless it divides by
//	                              a number such as 2, 4 or 100; + also joins texts
//	== != < <= > >=               of two numbers, texts or dates
//	and, or, not, a ? b : c       of conditions
//	in ["N", "O"]                 one of a list
//	contains, startsWith, endsWith   of texts
//
// and the functions of Functions.
package expression
