namespace OrleansRaft.Runtime.Lives;

/// <summary>What comparisons said of a replica's state, as its store remembers it from one life to the next.</summary>
/// <param name="Times">How often the state was found wrong under one program; after the first time it is replaced, after the second no more.</param>
/// <param name="WrongAt">The comparison that found it wrong, until another state has taken its place; zero then.</param>
/// <param name="Program">The program: another one may be right.</param>
public readonly record struct StateVerdict(int Times, LogIndex WrongAt, ulong Program)
{
    /// <summary>Nothing was said.</summary>
    public static StateVerdict None => default;

    /// <summary>Whether the state that is stored must not be used.</summary>
    public bool IsWrong => WrongAt > LogIndex.Zero;

    /// <summary>Whether the state is not replaced any more: the same program would make it differ again and again.</summary>
    public bool IsFinal => IsWrong && Times > 1;

    /// <summary>What it means for a program: of another one nothing is known but that the state is wrong.</summary>
    public StateVerdict Under(ulong program) => program == Program ? this : this with { Times = 0 };
}
