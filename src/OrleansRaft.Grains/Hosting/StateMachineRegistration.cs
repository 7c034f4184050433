using Microsoft.Extensions.DependencyInjection;
using OrleansRaft.Runtime.StateMachines;
using OrleansRaft.Runtime.Storage;

namespace OrleansRaft.Grains;

/// <summary>One set of groups as a silo was configured with it.</summary>
/// <param name="Set">The set.</param>
/// <param name="Create">Makes the state machine of one replica, in its initial state.</param>
internal sealed record StateMachineRegistration(GroupSet Set, Func<IServiceProvider, IStateMachineHost> Create)
{
    private const int NameLengthMax = 64;

    /// <summary>Describes a set whose groups run <typeparamref name="TMachine"/>.</summary>
    /// <exception cref="ArgumentException">The name or a number is out of bounds.</exception>
    public static StateMachineRegistration Of<TCommand, TResult, TMachine>(string name, int groups, int replicas)
        where TMachine : class, IStateMachine<TCommand, TResult>
    {
        if (string.IsNullOrEmpty(name) || name.Length > NameLengthMax || name is "." or ".." || name.Any(character => !IsAllowed(character)))
        {
            throw new ArgumentException(
                $"'{name}' cannot name a set of groups: use 1 to {NameLengthMax} letters, digits, '.', '_' or '-', and neither '.' nor '..'.", nameof(name));
        }

        ArgumentOutOfRangeException.ThrowIfLessThan(groups, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(replicas, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(replicas, MembershipGoal.VotersMax);
        return new StateMachineRegistration(new GroupSet(name, groups, replicas), Host<TCommand, TResult, TMachine>);
    }

    private static StateMachineHost<TCommand, TResult> Host<TCommand, TResult, TMachine>(IServiceProvider services)
        where TMachine : class, IStateMachine<TCommand, TResult> => new(
            ActivatorUtilities.CreateInstance<TMachine>(services),
            services.GetRequiredService<ICommandCodec<TCommand>>(),
            services.GetRequiredService<ICommandCodec<TResult>>());

    private static bool IsAllowed(char character) => char.IsAsciiLetterOrDigit(character) || character is '.' or '_' or '-';
}
