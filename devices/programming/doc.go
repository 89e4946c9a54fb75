// Package programming brings cells to conductances: it reads them, decides,
// writes, and reads again. The same code drives modelled arrays and boards.
//
// A Port is what can be done to cells: read, pulse, wait, and, where the port is
// also a Programmer, program by its own means. An Algorithm says what is written
// when. Run checks an algorithm against Limits before anything is sent, and
// returns a Report with a Verdict for every cell.
//
// What Run keeps:
//
//   - A cell within its tolerance is not written to.
//   - What is done to a cell depends on what was read from it alone, so not on
//     who else is in the list nor on how lists are cut, as long as the port's
//     cells do not depend on one another or on time.
//   - A write is never sent twice: after an error, or where the context ends,
//     nothing more is sent, and the report tells what was.
//
// Conductances are in uS, voltages in V and times in s. To set a cell is to raise
// its conductance, to reset it to lower it; which sign of the voltage does what
// is a setting.
package programming
