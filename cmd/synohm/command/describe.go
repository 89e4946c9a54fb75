package command

import (
	"fmt"
	"io"
	"reflect"
	"strings"
	"text/tabwriter"

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
		fmt.Fprintln(w, "\nParameters")
		t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
		fmt.Fprintln(t, "  name\tunit\tdefault\trange\tmeaning")
		params(t, config.EntryFields(e), "")
		t.Flush()
	}
	for _, part := range []struct {
		title string
		list  []catalog.Variable
	}{{"Inputs, with the unit of a weight", e.Inputs}, {"Variables, which can be recorded", e.Variables}} {
		if len(part.list) == 0 {
			continue
		}
		fmt.Fprintf(w, "\n%s\n", part.title)
		t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
		for _, v := range part.list {
			fmt.Fprintf(t, "  %s\t%s\t%s\n", v.Name, v.Unit, v.Doc)
		}
		t.Flush()
	}
}

// params writes a row for every setting of a struct, one of a struct in it by
// its path. A struct that may be left out has a row of its own before them.
func params(w io.Writer, fields []config.Field, prefix string) {
	for _, f := range fields {
		rng, def, doc := f.Range.Text, f.Default, f.Doc
		name := f.Key
		if kind, settings, cat, ok := f.Variant(); ok {
			if name == "" {
				name = kind
			}
			doc = strings.TrimPrefix(doc+"; one of synohm list "+cat, "; ")
			if settings != "" {
				doc += ", its parameters under " + settings
			}
		} else if f.Type.Kind() == reflect.Struct {
			params(w, config.Fields(f.Type), prefix+f.Key+".")
			continue
		} else if f.Type.Kind() == reflect.Pointer {
			fmt.Fprintf(w, "  %s\t\t(none)\t\t%s\n", prefix+name, doc)
			params(w, config.Fields(f.Type), prefix+f.Key+".")
			continue
		}
		if f.Enum != nil {
			rng = strings.Join(f.Enum, "|")
		}
		if f.Required {
			def = "(required)"
		}
		fmt.Fprintf(w, "  %s\t%s\t%s\t%s\t%s\n", prefix+name, f.Unit, def, rng, doc)
	}
}
