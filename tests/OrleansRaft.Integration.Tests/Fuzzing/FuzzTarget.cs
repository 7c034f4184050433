namespace OrleansRaft.Integration.Tests.Fuzzing;

/// <summary>Something that reads bytes from outside.</summary>
/// <param name="Name">What it is.</param>
/// <param name="Samples">Good inputs, from which bad ones are made.</param>
/// <param name="Read">Reads an input, good or bad.</param>
/// <param name="IsRefusal">Whether an exception is the proper way to refuse a bad input.</param>
/// <param name="Rounds">How many inputs it gets in a test run.</param>
public sealed record FuzzTarget(string Name, IReadOnlyList<byte[]> Samples, Action<byte[]> Read, Predicate<Exception> IsRefusal, int Rounds)
{
    /// <inheritdoc/>
    public override string ToString() => Name;
}
