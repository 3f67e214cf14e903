// Package schedule says when: which moments a cron expression means in the
// Netherlands, which of them to do after an outage, and on which days banks and
// the Dutch work. It is pure, and refuses to know what is done at a moment and
// where it is remembered.
//
// # The clock on the wall
//
// An expression is about the clock on the wall in Amsterdam. Twice a year that
// clock jumps:
//
//   - on the last Sunday of March it goes from 02:00 to 03:00. What stands in
//     the hour that does not exist comes at 03:00, the first moment after it;
//     several such ticks, and one that stands at 03:00 itself, are one tick.
//   - on the last Sunday of October it goes from 03:00 back to 02:00. What
//     stands in the hour that comes twice comes the first time only.
//
// That holds for expressions of many ticks an hour too: they follow the minutes
// of the clock, so "*/10 * * * *" goes from 01:50 to 03:00 in March (ten
// minutes later), and in October from 02:50 to the 03:00 after the repeated
// hour (seventy minutes later).
package schedule
