// Package events holds address-event streams: a simulated event camera that
// looks at still images, readers of recorded streams, and the binning of
// events into the spike frames that a stepped network is fed with.
package events
