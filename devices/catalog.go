package devices

import "github.com/synohm/synohm/internal/catalog"

// Model is a catalogue entry with the way to make the cell.
type Model struct {
	catalog.Entry
	// New makes the cell of settings that were decoded and validated. It fails
	// where they name a file that cannot be used.
	New func(params any) (Cell, error)
}

// Builtin lists the cells that come with Synohm. A new cell is one line.
func Builtin() []Model {
	return []Model{
		FormedReRAMModel(),
		GenericModel(),
		PCMModel(),
		PCMHermesModel(),
		PCMJoshiModel(),
		ReRAMWanModel(),
		RRAMWanCrossSimModel(),
		ReRAMCMOModel(),
		ReRAMMiloModel(),
		SONOSModel(),
		TabulatedModel(),
		ConstantStepModel(),
		GokmenVlasovModel(),
		IdealizedModel(),
		LinearStepModel(),
		CapacitorModel(),
		EcRAMModel(),
		EcRAMMOModel(),
		SoftBoundsModel(),
		SoftBoundsReferenceModel(),
		ReRAMSBModel(),
		ReRAMArrayOMModel(),
		ReRAMArrayHfO2Model(),
		SoftBoundsPmaxModel(),
		ExpStepModel(),
		ReRAMESModel(),
		PCMPulsedModel(),
		PowStepModel(),
		PiecewiseStepModel(),
		LinearIonDriftModel(),
		VTEAMModel(),
		YakopcicModel(),
		StanfordPKUModel(),
		MessarisModel(),
		MeasuredPulsesModel(),
	}
}

// Catalog gives the entries alone, for configuration and documentation.
func Catalog() catalog.Catalog {
	var c catalog.Catalog
	for _, m := range Builtin() {
		c = append(c, m.Entry)
	}
	return c
}

// Find returns a cell model by its name.
func Find(name string) (Model, bool) {
	for _, m := range Builtin() {
		if m.Name == name {
			return m, true
		}
	}
	return Model{}, false
}
