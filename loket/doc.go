// Package loket is the client of Loket's webservices: it turns calls of the
// contract into SOAP 1.1 requests, keeps the token, and reads the answers
// strictly. Nothing outside it knows SOAP; it knows no files, no ledger and no
// pipelines.
//
// # What an error means
//
// Every error of Do and of the typed methods is of one of these kinds, to be
// told apart with errors.As and errors.Is, in this order:
//
//   - [ErrUnknown]: a call that changes something was sent, or perhaps sent, and
//     nobody knows whether it was carried out: no answer, a cut connection, a
//     time-out, a broken answer, HTTP 5xx without a fault, or fault 9001. It must
//     not be sent again on a guess.
//   - *[Fault]: Loket said no. Nothing was changed.
//   - [ErrNotSent]: the request did not reach Loket, because it does not fit the
//     contract, no connection could be made, no token could be had or the web
//     server before Loket turned it away. Nothing was changed.
//   - [ErrNoAnswer]: as ErrUnknown, for calls that only read: nothing was
//     changed, ask again.
//
// Errors never hold the password, a token, a BSN, an IBAN or the content of
// requests and answers.
//
// # What is repeated
//
// A call that is refused because its token is unknown or too old (1002, 1003) is
// sent once more with a new token: such a fault means that nothing was done. A
// reading call is sent once more after fault 9001, and up to twice more, with
// pauses, after 9002. Nothing else is ever sent twice. The HTTP transport itself
// repeats a POST only when it finds that a kept connection was already closed
// before the first byte was written.
package loket
