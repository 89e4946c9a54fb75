// Package forward holds the forward-forward family: layers that each learn to
// tell positive from negative data by their goodness, and pass on nothing but the
// direction of their activity.
package forward
