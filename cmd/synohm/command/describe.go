package command

import (
	"fmt"
	"io"
	"reflect"
	"strings"

	"github.com/spf13/cobra"

	"github.com/synohm/synohm/internal/catalog"
	"github.com/synohm/synohm/internal/config"
)

func newDescribe() *cobra.Command {
	return &cobra.Command{
		Use: "describe KIND/NAME", Short: "Show the equation, parameters and reference of a model",
		Example: "  synohm describe neurons/lif_discrete",
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) != 1 || !strings.Contains(args[0], "/") {
				return badInput{fmt.Errorf("describe needs KIND/NAME, for example neurons/lif_discrete")}
			}
			kind, name, _ := strings.Cut(args[0], "/")
			cat, err := find(kind)
			if err != nil {
				return err
			}
			e, ok := cat.Find(name)
			if !ok {
				return badInput{fmt.Errorf("%s has no %q%s", kind, name, config.DidYouMean(name, cat.Names()))}
			}
			describe(c.OutOrStdout(), e)
			return nil
		},
	}
}

func describe(w io.Writer, e catalog.Entry) {
	fmt.Fprintf(w, "%s: %s\n", e.Name, e.Summary)
	for _, part := range []struct{ title, text string }{
		{"Equation", e.Equation}, {"Reference", e.Reference}, {"Left out", e.Omits},
	} {
		if part.text != "" {
			fmt.Fprintf(w, "\n%s\n  %s\n", part.title, strings.ReplaceAll(part.text, "\n", "\n  "))
		}
	}
	if e.Params != nil {
		fmt.Fprintf(w, "\nParameters\n  %-16s %-8s %-16s %-14s %s\n", "name", "unit", "default", "range", "meaning")
		params(w, reflect.TypeOf(e.Params), "")
	}
	for i, v := range e.Variables {
		if i == 0 {
			fmt.Fprintln(w, "\nVariables")
		}
		fmt.Fprintf(w, "  %-16s %-8s %s\n", v.Name, v.Unit, v.Doc)
	}
}

func params(w io.Writer, t reflect.Type, prefix string) {
	for _, f := range config.Fields(t) {
		if f.Type.Kind() == reflect.Struct && f.Key != "" && f.Type != reflect.TypeOf(config.Variant{}) {
			params(w, f.Type, prefix+f.Key+".")
			continue
		}
		name, rng, def := f.Key, f.Range.Text, f.Default
		if name == "" {
			name = "(by name)"
		}
		if f.Enum != nil {
			rng = strings.Join(f.Enum, "|")
		}
		if f.Required {
			def = "(required)"
		}
		fmt.Fprintf(w, "  %-16s %-8s %-16s %-14s %s\n", prefix+name, f.Unit, def, rng, f.Doc)
	}
}
