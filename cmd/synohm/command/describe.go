package command

import (
	"fmt"
	"io"
	"reflect"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/synohm/synohm/internal/catalog"
	"github.com/synohm/synohm/internal/config"
	"github.com/synohm/synohm/tasks"
)

func newDescribe() *cobra.Command {
	return &cobra.Command{
		Use: "describe [KIND/]NAME", Short: "Show the equation, parameters and reference of a model",
		Example: "  synohm describe neurons/lif_discrete\n  synohm describe pcm",
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) != 1 || args[0] == "" {
				return badInput{fmt.Errorf("describe needs KIND/NAME, for example neurons/lif_discrete")}
			}
			e, err := lookUp(args[0])
			if err != nil {
				return err
			}
			describe(c.OutOrStdout(), e)
			return nil
		},
	}
}

// lookUp finds an entry by KIND/NAME, or by its name alone where one kind has it.
func lookUp(what string) (catalog.Entry, error) {
	kind, name, ok := strings.Cut(what, "/")
	if ok {
		cat, err := find(kind)
		if err != nil {
			return catalog.Entry{}, err
		}
		e, ok := cat.Find(name)
		if !ok {
			return e, badInput{fmt.Errorf("%s has no %q%s", kind, name, config.DidYouMean(name, cat.Names()))}
		}
		return e, nil
	}
	name = what
	var found catalog.Entry
	var in, all []string
	cats := tasks.Catalogs()
	for _, kind := range kinds() {
		for _, n := range cats[kind].Names() {
			all = append(all, kind+"/"+n)
		}
		if e, ok := cats[kind].Find(name); ok {
			found, in = e, append(in, kind+"/"+name)
		}
	}
	switch {
	case len(in) == 1:
		return found, nil
	case len(in) > 1:
		return found, badInput{fmt.Errorf("several kinds have %q: %s", name, strings.Join(in, ", "))}
	case slices.Contains(kinds(), name):
		return found, badInput{fmt.Errorf("%s is a kind; synohm list %s shows its entries, describe needs KIND/NAME", name, name)}
	}
	var names []string
	for _, n := range all {
		_, n, _ = strings.Cut(n, "/")
		names = append(names, n)
	}
	hint := config.DidYouMean(name, names)
	if !strings.HasPrefix(hint, "; did") { // a list of everything helps nobody
		hint = "; synohm list KIND shows the names of " + strings.Join(kinds(), ", ")
	}
	return found, badInput{fmt.Errorf("no kind has %q%s", name, hint)}
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
