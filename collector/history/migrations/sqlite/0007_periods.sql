-- So that the last change of each component before a period is found without reading them all.
CREATE INDEX transitions_component ON transitions (component, at, number);
