using OrleansRaft.Server.Problems;

namespace OrleansRaft.Server.Http;

/// <summary>A value that a client sent, or what is wrong with it.</summary>
/// <typeparam name="T">The value's type.</typeparam>
/// <param name="Value">The value; meaningless when there is a problem.</param>
/// <param name="Problem">What is wrong, if anything.</param>
public readonly record struct Checked<T>(T Value, Problem? Problem)
{
    /// <summary>What is wrong.</summary>
    /// <param name="problem">The problem.</param>
    public static implicit operator Checked<T>(Problem problem) => new(default!, problem);

    /// <summary>A value with which nothing is wrong.</summary>
    /// <param name="value">The value.</param>
    public static implicit operator Checked<T>(T value) => new(value, null);
}
