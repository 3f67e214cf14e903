// Package sandbox is the other side, embedded: a SOAP server that behaves as the
// contract says, with a small accountancy office behind it and a payroll that
// really runs. It knows nothing of the client, of pipelines or of files dropped
// anywhere: SOAP and import files it reads with code of its own, so that a
// mistake of the client cannot hide here.
//
// The people, employers and figures in it are invented; what it computes are
// sandbox figures, not payroll advice.
package sandbox
