package fetch_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/synohm/synohm/internal/fetch"
)

var (
	content = bytes.Repeat([]byte("0123456789abcdef"), 20_000)
	sum     = sha256.Sum256(content)
	file    = fetch.File{Name: "data.gz", Size: int64(len(content)), SHA256: hex.EncodeToString(sum[:])}
	quick   = fetch.Options{Stall: 100 * time.Millisecond, Pause: time.Millisecond, Tries: 3}
)

// server answers by the handlers in turn, the last one from then on.
func server(t *testing.T, handlers ...http.HandlerFunc) (mirror string, requests *[]string) {
	var mu sync.Mutex
	var seen []string
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		i := min(len(seen), len(handlers)-1)
		seen = append(seen, r.URL.Path+" "+r.Header.Get("Range"))
		mu.Unlock()
		handlers[i](w, r)
	}))
	t.Cleanup(s.Close)
	return s.URL + "/set", &seen
}

func whole(w http.ResponseWriter, r *http.Request) {
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(content))
}

// cut declares everything and hangs up after n bytes.
func cut(n int) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Length", fmt.Sprint(len(content)))
		_, _ = w.Write(content[:n])
		w.(http.Flusher).Flush()
		panic(http.ErrAbortHandler)
	}
}

// stall sends n bytes and then nothing.
func stall(n int) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Length", fmt.Sprint(len(content)))
		_, _ = w.Write(content[:n])
		w.(http.Flusher).Flush()
		<-r.Context().Done()
	}
}

func corrupt(w http.ResponseWriter, r *http.Request) {
	bad := bytes.Clone(content)
	bad[1000] ^= 1
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(bad))
}

func plainly(w http.ResponseWriter, r *http.Request) { _, _ = w.Write(content) }

func TestGet(t *testing.T) {
	for _, c := range []struct {
		name     string
		handlers []http.HandlerFunc
		requests []string // their Range headers
	}{
		{"at once", []http.HandlerFunc{whole}, []string{""}},
		{"goes on after a cut", []http.HandlerFunc{cut(1000), whole}, []string{"", "bytes=1000-"}},
		{"goes on after a stall", []http.HandlerFunc{stall(5000), whole}, []string{"", "bytes=5000-"}},
		{"starts again where ranges are not known", []http.HandlerFunc{cut(1000), plainly}, []string{"", "bytes=1000-"}},
		{"throws corrupt content away", []http.HandlerFunc{corrupt, whole}, []string{"", ""}},
		{"survives an error of the server", []http.HandlerFunc{func(w http.ResponseWriter, r *http.Request) { http.Error(w, "", http.StatusServiceUnavailable) }, whole}, []string{"", ""}},
	} {
		t.Run(c.name, func(t *testing.T) {
			mirror, requests := server(t, c.handlers...)
			dir := filepath.Join(t.TempDir(), "new", "folder")
			var last int64
			o := quick
			o.Progress = func(name string, done, size int64) {
				require.Equal(t, "data.gz", name)
				require.Equal(t, file.Size, size)
				last = done
			}
			require.NoError(t, fetch.Get(context.Background(), dir, file, []string{mirror}, o))
			require.Equal(t, file.Size, last)
			got, err := os.ReadFile(filepath.Join(dir, "data.gz"))
			require.NoError(t, err)
			require.True(t, bytes.Equal(content, got))
			require.NoFileExists(t, filepath.Join(dir, "data.gz.part"))
			var want []string
			for _, r := range c.requests {
				want = append(want, "/set/data.gz "+r)
			}
			require.Equal(t, want, *requests)
			// A second time nothing is asked for.
			require.NoError(t, fetch.Get(context.Background(), dir, file, []string{mirror}, quick))
			require.Len(t, *requests, len(want))
		})
	}
}

func TestGetTakesTheNextMirror(t *testing.T) {
	bad, _ := server(t, func(w http.ResponseWriter, r *http.Request) { http.NotFound(w, r) })
	good, _ := server(t, whole)
	dir := t.TempDir()
	require.NoError(t, fetch.Get(context.Background(), dir, file, []string{bad, good + "/"}, quick))
	require.FileExists(t, filepath.Join(dir, "data.gz"))
}

func TestGetRefuses(t *testing.T) {
	for _, c := range []struct {
		name    string
		handler http.HandlerFunc
		rule    string
	}{
		{"always corrupt", corrupt, "not what is expected (SHA-256 " + file.SHA256},
		{"always cut", cut(10), "unexpected EOF"},
		{"always stalls", stall(0), "no byte for 100ms"},
		{"not there", http.NotFound, "the server says 404"},
		{"too long", func(w http.ResponseWriter, r *http.Request) { _, _ = w.Write(append(bytes.Clone(content), 1)) }, "more than the 320000 bytes"},
		{"ends early", func(w http.ResponseWriter, r *http.Request) { _, _ = w.Write(content[:77]) }, "ended at byte 77"},
		{"wrong range", func(w http.ResponseWriter, r *http.Request) {
			if r.Header.Get("Range") == "" {
				cut(10)(w, r)
			}
			w.Header().Set("Content-Range", "bytes 3-9/10")
			w.WriteHeader(http.StatusPartialContent)
		}, `sent "bytes 3-9/10"`},
	} {
		t.Run(c.name, func(t *testing.T) {
			mirror, _ := server(t, c.handler)
			dir := t.TempDir()
			err := fetch.Get(context.Background(), dir, file, []string{mirror}, quick)
			require.ErrorContains(t, err, c.rule)
			require.ErrorContains(t, err, "data.gz could not be fetched")
			require.NoFileExists(t, filepath.Join(dir, "data.gz"))
		})
	}
}

func TestGetStopsAndGoesOn(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	mirror, requests := server(t, func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.Header.Get("Range"), "bytes=") {
			whole(w, r)
			return
		}
		w.Header().Set("Content-Length", fmt.Sprint(len(content)))
		_, _ = w.Write(content[:7777])
		w.(http.Flusher).Flush()
		time.Sleep(20 * time.Millisecond)
		cancel()
		<-r.Context().Done()
	})
	dir := t.TempDir()
	o := quick
	o.Stall = time.Minute
	require.ErrorIs(t, fetch.Get(ctx, dir, file, []string{mirror}, o), context.Canceled)
	require.NoFileExists(t, filepath.Join(dir, "data.gz"))
	require.NoError(t, fetch.Get(context.Background(), dir, file, []string{mirror}, o))
	require.Equal(t, "/set/data.gz bytes=7777-", (*requests)[1], "a later call goes on")
}

func TestGetIntoAPlaceThatCannotBeWritten(t *testing.T) {
	mirror, requests := server(t, whole)
	notADir := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(notADir, nil, 0o644))
	require.Error(t, fetch.Get(context.Background(), notADir, file, []string{mirror}, quick))
	require.Empty(t, *requests)
}
