using System.Buffers.Binary;
using System.Collections;
using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Globalization;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text;
using OrleansRaft.Runtime.Sessions;

namespace OrleansRaft.Runtime.StateMachines;

/// <summary>
/// The identity of a request: a hash of the arguments that a client means, by which a repetition under the same request id is recognized, whichever
/// program encodes it. Any thread.
/// </summary>
/// <remarks>
/// <para>
/// It is made of the members that Orleans serializes, each under its <c>[Id]</c>, or under its name where a record's parameter has none; of types
/// under their <c>[Alias]</c>, or their names. Members that are marked with <see cref="SinceAttribute"/> and have their default are left out, so that
/// a newer client makes the hash that an older one makes of the same request; so are those with <see cref="NotIdentityAttribute"/>.
/// </para>
/// <para>The same for ever: groups remember it. Sets and dictionaries count as what they hold, in any order.</para>
/// </remarks>
internal static class CommandIdentity
{
    private const int DepthMax = 128;

    private static readonly ConcurrentDictionary<Type, Shape> Shapes = new();

    /// <summary>The identity of a command.</summary>
    /// <typeparam name="T">The type of the group's commands.</typeparam>
    /// <param name="command">The command.</param>
    /// <returns>
    /// Null where it cannot be told, because the command holds something that neither has Orleans' <c>[GenerateSerializer]</c> nor is a plain value
    /// or a collection: then the encoded bytes tell requests apart.
    /// </returns>
    public static ulong? Of<T>(T command)
    {
        if (command is IKnownCommand known)
        {
            return known.Identity;
        }

        ulong hash = 0;
        return TryAdd(ref hash, command, 0) ? hash : null;
    }

    private static bool TryAdd(ref ulong hash, object? value, int depth)
    {
        if (value is null)
        {
            hash = StableHash.Mix(hash, (ulong)Token.Null);
            return true;
        }

        if (depth == DepthMax)
        {
            return false;
        }

        var shape = Shapes.GetOrAdd(value.GetType(), static type => Describe(type));
        hash = StableHash.Mix(hash, (ulong)shape.Token);
        switch (shape.Token)
        {
            case Token.Plain:
                AddPlain(ref hash, value);
                return true;
            case Token.Bytes:
                hash = StableHash.Add(hash, value is ReadOnlyMemory<byte> memory ? memory.Span : (byte[])value);
                return true;
            case Token.List:
                return TryAddItems(ref hash, (IEnumerable)value, depth);
            case Token.Set:
                return TryAddUnordered(ref hash, (IEnumerable)value, depth);
            case Token.Object:
                return TryAddMembers(ref hash, shape, value, depth);
            default:
                return false;
        }
    }

    private static void AddPlain(ref ulong hash, object value) => hash = value switch
    {
        string text => StableHash.Add(hash, Encoding.UTF8.GetBytes(text)),
        DateTime time => StableHash.Mix(StableHash.Mix(hash, (ulong)time.Ticks), (ulong)time.Kind),
        DateTimeOffset time => StableHash.Mix(StableHash.Mix(hash, (ulong)time.UtcTicks), (ulong)time.Offset.Ticks),
        TimeSpan span => StableHash.Mix(hash, (ulong)span.Ticks),
        DateOnly date => StableHash.Mix(hash, (ulong)date.DayNumber),
        TimeOnly time => StableHash.Mix(hash, (ulong)time.Ticks),
        Guid guid => StableHash.Add(hash, guid.ToByteArray(bigEndian: true)),
        decimal number => AddDecimal(hash, number),
        double number => StableHash.Mix(hash, BitConverter.DoubleToUInt64Bits(number)),
        float number => StableHash.Mix(hash, BitConverter.DoubleToUInt64Bits(number)),
        bool flag => StableHash.Mix(hash, flag ? 1UL : 0),
        char letter => StableHash.Mix(hash, letter),
        ulong number => StableHash.Mix(hash, number),
        Enum choice when Enum.GetUnderlyingType(choice.GetType()) == typeof(ulong) =>
            StableHash.Mix(hash, Convert.ToUInt64(choice, CultureInfo.InvariantCulture)),
        _ => StableHash.Mix(hash, unchecked((ulong)Convert.ToInt64(value, CultureInfo.InvariantCulture))),
    };

    private static ulong AddDecimal(ulong hash, decimal number)
    {
        Span<int> bits = stackalloc int[4];
        decimal.GetBits(number, bits);
        Span<byte> bytes = stackalloc byte[16];
        for (var part = 0; part < bits.Length; part++)
        {
            BinaryPrimitives.WriteInt32LittleEndian(bytes[(4 * part)..], bits[part]);
        }

        return StableHash.Add(hash, bytes);
    }

    private static bool TryAddItems(ref ulong hash, IEnumerable items, int depth)
    {
        ulong count = 0;
        foreach (var item in items)
        {
            if (!TryAdd(ref hash, item, depth + 1))
            {
                return false;
            }

            count++;
        }

        hash = StableHash.Mix(hash, count);
        return true;
    }

    private static bool TryAddUnordered(ref ulong hash, IEnumerable items, int depth)
    {
        ulong sum = 0;
        ulong count = 0;
        foreach (var item in items)
        {
            ulong one = 0;
            if (!TryAdd(ref one, item, depth + 1))
            {
                return false;
            }

            sum = unchecked(sum + one);
            count++;
        }

        hash = StableHash.Mix(StableHash.Mix(hash, sum), count);
        return true;
    }

    private static bool TryAddMembers(ref ulong hash, Shape shape, object value, int depth)
    {
        hash = StableHash.Add(hash, shape.Name);
        foreach (var member in shape.Members)
        {
            var held = member.Field.GetValue(value);
            if (member.IsLeftOutByDefault && Equals(held, member.Default))
            {
                continue;
            }

            hash = StableHash.Add(hash, member.Key);
            if (!TryAdd(ref hash, held, depth + 1))
            {
                return false;
            }
        }

        return true;
    }

    private static Shape Describe(Type type) =>
        type.IsPrimitive && type != typeof(nint) && type != typeof(nuint) || type.IsEnum || IsPlain(type) ? new Shape(Token.Plain)
        : type == typeof(byte[]) || type == typeof(ReadOnlyMemory<byte>) ? new Shape(Token.Bytes)
        : IsSerialized(type) ? DescribeObject(type, MembersOf(type))
        : IsTuple(type) ? DescribeObject(type, FieldsOf(type).Select(static (field, place) => new Member(field, Key($"{place}"), false, null)), "")
        : !IsOfRuntime(type) ? new Shape(Token.Unknown)
        : Implements(type, typeof(IDictionary<,>)) || Implements(type, typeof(IReadOnlyDictionary<,>)) || Implements(type, typeof(ISet<>))
            || Implements(type, typeof(IReadOnlySet<>)) ? new Shape(Token.Set)
        : typeof(IEnumerable).IsAssignableFrom(type) ? new Shape(Token.List)
        : new Shape(Token.Unknown);

    private static bool IsPlain(Type type) =>
        type == typeof(string) || type == typeof(decimal) || type == typeof(Guid) || type == typeof(DateTime) || type == typeof(DateTimeOffset)
        || type == typeof(TimeSpan) || type == typeof(DateOnly) || type == typeof(TimeOnly);

    private static bool IsTuple(Type type) =>
        type.IsAssignableTo(typeof(ITuple)) || (type.IsGenericType && type.GetGenericTypeDefinition() == typeof(KeyValuePair<,>));

    private static bool IsOfRuntime(Type type) =>
        type.IsArray || type.Assembly == typeof(object).Assembly || type.Assembly == typeof(ImmutableArray).Assembly
        || type.Assembly == typeof(SortedSet<int>).Assembly;

    private static bool Implements(Type type, Type generic) =>
        Array.Exists(type.GetInterfaces(), one => one.IsGenericType && one.GetGenericTypeDefinition() == generic);

    /// <summary>Orleans' attributes by their names: this library does not know Orleans.</summary>
    private static bool IsSerialized(Type type) => Attribute(type, "Orleans.GenerateSerializerAttribute") is not null;

    private static CustomAttributeData? Attribute(MemberInfo member, string name) =>
        member.GetCustomAttributesData().FirstOrDefault(one => one.AttributeType.FullName == name);

    private static Shape DescribeObject(Type type, IEnumerable<Member> members, string? name = null) => new(Token.Object)
    {
        Name = Key(name ?? Attribute(type, "Orleans.AliasAttribute")?.ConstructorArguments[0].Value as string ?? type.FullName ?? type.Name),
        Members =
        [
            .. members.OrderBy(static member => member.Key, Comparer<byte[]>.Create(static (one, other) => one.AsSpan().SequenceCompareTo(other))),
        ],
    };

    private static IEnumerable<Member> MembersOf(Type type)
    {
        var depth = 0;
        for (var one = type; one is not null && IsSerialized(one); one = one.BaseType, depth++)
        {
            foreach (var field in FieldsOf(one))
            {
                if (KeyOf(field, one) is { } key && !IsMarked<NotIdentityAttribute>(field, one))
                {
                    var since = CommandVersions.MarkOf(field);
                    yield return new Member(
                        field, Key(depth == 0 ? key : $"{depth}/{key}"), since is not null, CommandVersions.DefaultOf(field, since));
                }
            }
        }
    }

    /// <summary>Under what a field is serialized; null when it is not.</summary>
    private static string? KeyOf(FieldInfo field, Type type)
    {
        var property = PropertyOf(field, type);
        var id = Attribute(field, "Orleans.IdAttribute") ?? (property is null ? null : Attribute(property, "Orleans.IdAttribute"));
        return id is not null ? string.Create(CultureInfo.InvariantCulture, $"#{id.ConstructorArguments[0].Value}")
            : property is not null && ParameterOf(property, type) is not null ? property.Name
            : null;
    }

    private static bool IsMarked<TMark>(FieldInfo field, Type type)
        where TMark : Attribute =>
        field.IsDefined(typeof(TMark))
        || (PropertyOf(field, type) is { } property
            && (property.IsDefined(typeof(TMark)) || ParameterOf(property, type)?.IsDefined(typeof(TMark), inherit: false) is true));

    private static PropertyInfo? PropertyOf(FieldInfo field, Type type) => CommandVersions.NameOf(field) is var name && name != field.Name
        ? type.GetProperty(name, BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.DeclaredOnly)
        : null;

    /// <summary>The parameter of a record that stands for a property.</summary>
    private static ParameterInfo? ParameterOf(PropertyInfo property, Type type) => type
        .GetConstructors(BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance)
        .SelectMany(static constructor => constructor.GetParameters())
        .FirstOrDefault(parameter => parameter.Name == property.Name && parameter.ParameterType == property.PropertyType);

    private static FieldInfo[] FieldsOf(Type type) =>
        type.GetFields(BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.DeclaredOnly);

    private static byte[] Key(string name) => Encoding.UTF8.GetBytes(name);

    private enum Token
    {
        None = 0,
        Null = 1,
        Plain = 2,
        Bytes = 3,
        List = 4,
        Set = 5,
        Object = 6,
        Unknown = 7,
    }

    /// <param name="Field">Where the value is.</param>
    /// <param name="Key">Under what it is serialized.</param>
    /// <param name="IsLeftOutByDefault">Whether it is left out when it has its default.</param>
    /// <param name="Default">The default.</param>
    private sealed record Member(FieldInfo Field, byte[] Key, bool IsLeftOutByDefault, object? Default);

    private sealed record Shape(Token Token)
    {
        public byte[] Name { get; init; } = [];

        public Member[] Members { get; init; } = [];
    }
}
