package programming

import "fmt"

// OneShot writes once and does not correct. Its port must be a Programmer.
type OneShot struct {
	Verify `yaml:",inline"`
}

func (*OneShot) check(Limits) error { return nil }

func (*OneShot) rule(port Port, n int) (rule, error) {
	if _, ok := port.(Programmer); !ok {
		return nil, fmt.Errorf("one-shot writes conductances, and these cells take pulses alone; use ispp or write-verify")
	}
	return &sameAgain{most: 1, sent: make([]int, n)}, nil
}
