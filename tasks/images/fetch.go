package images

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"

	"github.com/synohm/synohm/internal/fetch"
)

// Source is a data set that can be fetched.
type Source struct {
	Name, Summary, Licence, Reference string
	Mirrors                           []string
	Files                             []fetch.File
}

// Sources lists the data sets that can be fetched. The sums of MNIST are of
// the gzipped files as its authors published them, which are also the files in
// the Go module. Those of Fashion-MNIST are of the files in the authors'
// repository (commit b2617bb of 2022), whose README gives their MD5; torchvision's
// prototype data sets give the same SHA-256.
func Sources() []Source {
	return []Source{{
		Name: "mnist", Summary: "70,000 handwritten digits, 28 x 28 pixels, IDX files",
		Licence:   "CC BY-SA 3.0",
		Reference: "LeCun, Bottou, Bengio, Haffner, Proc. IEEE 86 (1998)",
		Mirrors: []string{
			"https://ossci-datasets.s3.amazonaws.com/mnist/",
			"https://storage.googleapis.com/cvdf-datasets/mnist/",
		},
		Files: []fetch.File{
			{Name: "train-images-idx3-ubyte.gz", Size: 9912422, SHA256: "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609"},
			{Name: "train-labels-idx1-ubyte.gz", Size: 28881, SHA256: "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c"},
			{Name: "t10k-images-idx3-ubyte.gz", Size: 1648877, SHA256: "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6"},
			{Name: "t10k-labels-idx1-ubyte.gz", Size: 4542, SHA256: "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6"},
		},
	}, {
		Name: "fashion-mnist", Summary: "70,000 pictures of clothes, 28 x 28 pixels, IDX files",
		Licence:   "MIT",
		Reference: "Xiao, Rasul, Vollgraf, arXiv 1708.07747 (2017)",
		Mirrors: []string{
			"https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/b2617bb6d3ffa2e429640350f613e3291e10b141/data/fashion/",
			"http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
		},
		Files: []fetch.File{
			{Name: "train-images-idx3-ubyte.gz", Size: 26421880, SHA256: "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84"},
			{Name: "train-labels-idx1-ubyte.gz", Size: 29515, SHA256: "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845"},
			{Name: "t10k-images-idx3-ubyte.gz", Size: 4422102, SHA256: "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073"},
			{Name: "t10k-labels-idx1-ubyte.gz", Size: 5148, SHA256: "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5"},
		},
	}}
}

// Size is the number of bytes of all files.
func (s Source) Size() int64 {
	var n int64
	for _, f := range s.Files {
		n += f.Size
	}
	return n
}

// Fetch brings a data set into the cache folder and returns its place. Mirrors,
// if any, stand in for the set's own.
func (s Source) Fetch(ctx context.Context, mirrors []string, o fetch.Options) (string, error) {
	cache, err := CacheDir()
	if err != nil {
		return "", err
	}
	if len(mirrors) == 0 {
		mirrors = s.Mirrors
	}
	dir := filepath.Join(cache, s.Name)
	var errs []error
	for _, f := range s.Files {
		if err := fetch.Get(ctx, dir, f, mirrors, o); err != nil {
			errs = append(errs, err)
		}
		if ctx.Err() != nil {
			return "", ctx.Err()
		}
	}
	if err := errors.Join(errs...); err != nil {
		return "", fmt.Errorf("%w\nwhat came through is kept in %s, and the same command goes on from there", err, dir)
	}
	return dir, nil
}
