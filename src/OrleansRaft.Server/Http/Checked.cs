namespace OrleansRaft.Server;

/// <summary>A value that a client sent, or what is wrong with it.</summary>
/// <param name="Value">The value; meaningless when there is a problem.</param>
/// <param name="Problem">What is wrong, if anything.</param>
internal readonly record struct Checked<T>(T Value, Problem? Problem)
{
    public static implicit operator Checked<T>(Problem problem) => new(default!, problem);

    public static implicit operator Checked<T>(T value) => new(value, null);
}
