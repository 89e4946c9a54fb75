// Package viz draws pictures of runs. A picture is a function of plain data or
// of a sim.Snapshot and returns an image: nothing here touches the run it
// shows. Colours are those of Okabe and Ito and of viridis-like maps, which
// people with colour blindness can tell apart.
package viz
