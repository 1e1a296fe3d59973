package loss

// lanes is how many partial sums run side by side.
const lanes = 8
