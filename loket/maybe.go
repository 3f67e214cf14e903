package loket

import "loket-etl/loket/contract"

// Maybe is a value that may be left out, given, or emptied. The zero Maybe is
// left out: a change leaves the field as it is.
type Maybe[T any] struct {
	value T
	state byte // 0 left out, 1 given, 2 emptied
}

// Given is a value that is sent.
func Given[T any](v T) Maybe[T] { return Maybe[T]{value: v, state: 1} }

// Empty empties the field (xsi:nil). Fields that the contract does not let be
// emptied refuse it with ErrNotSent.
func Empty[T any]() Maybe[T] { return Maybe[T]{state: 2} }

// arguments are those of a call or of a group in it.
type arguments map[string]any

func put[T any](a arguments, name string, m Maybe[T]) {
	putAs(a, name, m, func(v T) any { return v })
}

func putAs[T any](a arguments, name string, m Maybe[T], arg func(T) any) {
	switch m.state {
	case 1:
		a[name] = arg(m.value)
	case 2:
		a[name] = contract.Nil{}
	}
}
