package devices

import "github.com/synohm/synohm/internal/config"

// fieldError is what is wrong with one parameter.
func fieldError(field, rule string) error { return config.FieldError{Field: field, Rule: rule} }
