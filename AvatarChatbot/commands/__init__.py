"""What the commands of the command line do. ``AvatarChatbot.cli`` declares them and their options."""
