import ChaosSources

/// The tests draw from the generator that makes instances: one stream of numbers in the whole project.
public typealias SeededRandom = ChaosSources.SeededRandom
