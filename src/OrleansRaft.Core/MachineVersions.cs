namespace OrleansRaft.Core;

/// <summary>The versions of a state machine that a program supports, without a gap between them.</summary>
/// <param name="Oldest">The oldest; at least <see cref="Initial"/>.</param>
/// <param name="Newest">The newest; at least <paramref name="Oldest"/>.</param>
public readonly record struct MachineVersions(int Oldest, int Newest)
{
    /// <summary>The version at which every group begins.</summary>
    public const int Initial = 1;

    /// <summary>The newest version that there may be.</summary>
    public const int Max = 1_000_000;

    /// <summary>What a machine supports that says nothing about versions.</summary>
    public static MachineVersions First { get; } = new(Initial, Initial);

    /// <summary>Whether a version is one of them.</summary>
    public bool Supports(int version) => version >= Oldest && version <= Newest;

    /// <inheritdoc/>
    public override string ToString() => Oldest == Newest ? $"{Newest}" : $"{Oldest} to {Newest}";
}
