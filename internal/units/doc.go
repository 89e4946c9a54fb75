// Package units reads quantities such as "12 ms", "50 uS" or "0.1 mV/ms" and
// converts them into the unit in which a field is stored.
//
// A quantity is a finite number and a unit expression: unit symbols joined by
// "*" and "/", each with an optional SI prefix and an optional power ("^2").
// The dimension of what is written must be the dimension of the field, and a
// bare number is refused where a unit is due: the error lists units that fit.
package units
