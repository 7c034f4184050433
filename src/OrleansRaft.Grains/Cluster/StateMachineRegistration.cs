using Microsoft.Extensions.DependencyInjection;
using OrleansRaft.Runtime.StateMachines;
using OrleansRaft.Runtime.Storage;

namespace OrleansRaft.Grains.Cluster;

/// <summary>One set of groups as a silo was configured with it.</summary>
/// <param name="Set">The set.</param>
/// <param name="Types">Its types.</param>
/// <param name="Create">Makes the state machine of one replica, in its initial state; throws what the application's code throws.</param>
internal sealed record StateMachineRegistration(GroupSet Set, StateMachineTypes Types, Func<IServiceProvider, IStateMachineHost> Create)
{
    /// <summary>The most groups of a set.</summary>
    public const int GroupsMax = 100_000;

    /// <summary>The most voters of a group, at first and ever.</summary>
    public const int VotersMax = 7;

    private const int NameLengthMax = 64;

    private MachineTraits? traits;

    /// <summary>What its commands are for, of a set that keeps several things; null for any other.</summary>
    public SetPart[]? Parts { get; init; }

    /// <summary>Describes a set whose groups run <typeparamref name="TMachine"/>.</summary>
    /// <exception cref="ArgumentException">The name or a number is out of bounds.</exception>
    public static StateMachineRegistration Of<TCommand, TResult, TMachine>(string name, int groups, int replicas)
        where TMachine : class, IStateMachine<TCommand, TResult> =>
        Of(name, groups, replicas, new StateMachineTypes(typeof(TCommand), typeof(TResult), typeof(TMachine)), Host<TCommand, TResult, TMachine>);

    /// <summary>Describes a set whose groups run what a function makes.</summary>
    /// <exception cref="ArgumentException">The name or a number is out of bounds.</exception>
    public static StateMachineRegistration Of(
        string name, int groups, int replicas, StateMachineTypes types, Func<IServiceProvider, IStateMachineHost> create)
    {
        if (string.IsNullOrEmpty(name) || name.Length > NameLengthMax || name is "." or ".." || name.Any(character => !IsAllowed(character)))
        {
            throw new ArgumentException(
                $"'{name}' cannot name a set of groups: use 1 to {NameLengthMax} letters, digits, '.', '_' or '-', and neither '.' nor '..'.",
                nameof(name));
        }

        RequireBetween(name, groups, GroupsMax, nameof(groups));
        RequireBetween(name, replicas, VotersMax, nameof(replicas));
        return new StateMachineRegistration(new GroupSet(name, groups, replicas), types, create);
    }

    /// <summary>
    /// Makes the state machine of one replica. Where that throws although another machine of the set was made before, what is given instead makes it
    /// later: see <see cref="LateMachineHost"/>.
    /// </summary>
    public IStateMachineHost CreateNowOrLater(IServiceProvider services)
    {
        var machine = LateMachineHost.MakeNowOrLater(() => Create(services), Volatile.Read(ref traits));
        Note(machine);
        return machine;
    }

    /// <summary>Notes what the machines of the set are like, when one was made.</summary>
    public void Note(IStateMachineHost machine)
    {
        if (Volatile.Read(ref traits) is null)
        {
            Volatile.Write(ref traits, MachineTraits.Of(machine));
        }
    }

    private static void RequireBetween(string name, int number, int most, string what)
    {
        if (number < 1 || number > most)
        {
            throw new ArgumentOutOfRangeException(
                what, number, $"The set '{name}' is given {number} {what}; give AddRaftStateMachine 1 to {most:N0} {what}.");
        }
    }

    private static StateMachineHost<TCommand, TResult> Host<TCommand, TResult, TMachine>(IServiceProvider services)
        where TMachine : class, IStateMachine<TCommand, TResult>
    {
        // The codecs first: a machine that is made is also disposed.
        var commands = services.GetRequiredService<ICommandCodec<TCommand>>();
        var results = services.GetRequiredService<ICommandCodec<TResult>>();
        return new StateMachineHost<TCommand, TResult>(ActivatorUtilities.CreateInstance<TMachine>(services), commands, results);
    }

    private static bool IsAllowed(char character) => char.IsAsciiLetterOrDigit(character) || character is '.' or '_' or '-';
}

/// <summary>The types of a set of groups.</summary>
/// <param name="Command">Its commands and queries.</param>
/// <param name="Result">Its answers.</param>
/// <param name="Machine">Its state machine.</param>
internal sealed record StateMachineTypes(Type Command, Type Result, Type Machine);
