package config

import (
	"errors"
	"math"
	"reflect"
	"strings"
)

// Check holds a struct that was filled by hand to what the decoder holds one
// from a file to: ranges, words that are allowed, and what Validate says, of
// the structs inside it too. It returns all mistakes as FieldErrors.
func Check(of any) error {
	return errors.Join(check(reflect.ValueOf(of).Elem(), "")...)
}

func check(v reflect.Value, path string) (mistakes []error) {
	for _, f := range Fields(v.Type()) {
		if f.Type == variantType {
			continue
		}
		fv, at := v.FieldByIndex(f.index), join(path, f.Key)
		if f.optional() && !fv.IsNil() {
			fv = fv.Elem()
		}
		rule := ""
		switch fv.Kind() {
		case reflect.Struct:
			mistakes = append(mistakes, check(fv, at)...)
		case reflect.Float64:
			x := fv.Float()
			switch {
			case math.IsNaN(x) || math.IsInf(x, 0):
				rule = "must be a finite number"
			case !f.Range.Contains(x):
				rule = strings.TrimSuffix("must be in "+f.Range.Text+" "+f.Unit, " ")
			}
		case reflect.Int, reflect.Int64:
			if !f.Range.Contains(float64(fv.Int())) {
				rule = "must be in " + f.Range.Text
			}
		case reflect.String:
			if f.Enum != nil && !contains(f.Enum, fv.String()) {
				rule = "must be one of " + strings.Join(f.Enum, ", ")
			}
		}
		if rule != "" {
			mistakes = append(mistakes, FieldError{Field: at, Rule: rule})
		}
	}
	if checked, ok := v.Addr().Interface().(interface{ Validate() error }); ok && len(mistakes) == 0 {
		for _, fe := range fieldErrors(checked.Validate()) {
			mistakes = append(mistakes, FieldError{Field: strings.TrimSuffix(join(path, fe.Field), "."), Rule: fe.Rule})
		}
	}
	return mistakes
}
