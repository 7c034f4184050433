namespace OrleansRaft.Sqlite.Internal;

/// <summary>
/// A place in a write-ahead log. The checksum of a frame depends on every frame before it, so two logs that agree at a place agree up to there.
/// </summary>
/// <param name="Salt1">With <paramref name="Salt2"/>, which log: SQLite draws them anew each time it begins from the start.</param>
/// <param name="Salt2">See <paramref name="Salt1"/>.</param>
/// <param name="Frames">How many frames; 0 before the first.</param>
/// <param name="Checksum1">With <paramref name="Checksum2"/>, the checksum of the last of them.</param>
/// <param name="Checksum2">See <paramref name="Checksum1"/>.</param>
internal readonly record struct WalPosition(uint Salt1, uint Salt2, uint Frames, uint Checksum1, uint Checksum2)
{
    public bool IsInSameLog(WalPosition other) => Salt1 == other.Salt1 && Salt2 == other.Salt2;
}
